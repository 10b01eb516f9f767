import { isOverClasses, type Loss, nameOfLoss } from "@descent/contracts";
import {
  abs,
  argMax,
  cast,
  countOf,
  div,
  equal,
  gather,
  greater,
  logSoftmax,
  min,
  mul,
  neg,
  reduceMean,
  reduceSum,
  scalar,
  softmaxCrossEntropyLoss,
  softplus,
  squeeze,
  sub,
  unsqueeze,
} from "./append-nodes.ts";
import { addConstant, addInput, type ForwardGraph, type Graph, type Value } from "./graph.ts";

/**
 * Appends the loss, a mean over the batch. Targets over classes are class indices, int32 [rows]; over numbers
 * they are float32 [rows, outputs], and the mean is over rows and outputs.
 *
 * - cross_entropy: −log(softmax(output)[target]); with class weights w and label smoothing ε as PyTorch's
 *   CrossEntropyLoss, see appendWeighted.
 * - binary_cross_entropy: of one output x, the logit of the second class, and y = 1 for that class, else 0:
 *   −y log σ(x) − (1 − y) log(1 − σ(x)) = softplus(x) − x y. Equal to max(x, 0) − x y + log(1 + exp(−|x|)) and
 *   as stable, but its derivative σ(x) − y is also right at x = 0, the kink of max and |x|, where a training
 *   may well start.
 * - mse: (output − target)². mae: |output − target|, with the derivative 0 at 0.
 * - huber: e² / 2 where e = |output − target| ≤ δ, else δ (e − δ / 2). With q = min(e, δ), both are q (e − q / 2).
 */
export function appendLoss(
  graph: ForwardGraph,
  loss: Loss,
  output: Value,
): { targets: Value; loss: Value } {
  if (isOverClasses(loss)) {
    const targets = addInput(graph, "targets", "int32", ["rows"]);
    return { targets, loss: overClasses(graph, loss, output, targets) };
  }
  const targets = addInput(graph, "targets", "float32", output.shape);
  const difference = sub(graph, output, targets);
  return { targets, loss: reduceMean(graph, overNumbers(graph, loss, difference)) };
}

function overClasses(graph: ForwardGraph, loss: Loss, output: Value, targets: Value): Value {
  if (loss === "cross_entropy") return softmaxCrossEntropyLoss(graph, output, targets);
  if (loss === "binary_cross_entropy") {
    const y = unsqueeze(graph, cast(graph, targets, "float32"), [1]);
    return reduceMean(graph, sub(graph, softplus(graph, output), mul(graph, output, y)));
  }
  if (typeof loss === "object" && loss.type === "cross_entropy")
    return appendWeighted(graph, output, targets, loss.label_smoothing, loss.class_weights);
  throw new Error(`${nameOfLoss(loss)} is not over classes`);
}

function overNumbers(graph: ForwardGraph, loss: Loss, difference: Value): Value {
  if (loss === "mse") return mul(graph, difference, difference);
  const e = abs(graph, difference);
  if (loss === "mae") return e;
  if (typeof loss === "string" || loss.type !== "huber")
    throw new Error(`${nameOfLoss(loss)} is not over numbers`);
  const q = min(graph, e, scalar(graph, loss.delta));
  return mul(graph, q, sub(graph, e, mul(graph, q, scalar(graph, 0.5))));
}

/**
 * −Σ_rows Σ_c share[t, c] log softmax(output)[c] / Σ_rows w[t], where t is the row's target and
 * share[t, c] = w[c] ((1 − ε) [c = t] + ε / classes): the weighted mean, as PyTorch's CrossEntropyLoss.
 */
function appendWeighted(
  graph: ForwardGraph,
  output: Value,
  targets: Value,
  smoothing: number,
  weights: readonly number[] | null,
): Value {
  const classes = Number(output.shape[1]);
  const weightOf = (k: number) => weights?.[k] ?? 1;
  const shares = Float32Array.from({ length: classes ** 2 }, (_, i) => {
    const [target, k] = [Math.floor(i / classes), i % classes];
    return weightOf(k) * ((target === k ? 1 - smoothing : 0) + smoothing / classes);
  });
  const share = gather(graph, addConstant(graph, shares, [classes, classes]), targets);
  const sum = neg(graph, reduceSum(graph, mul(graph, share, logSoftmax(graph, output))));
  if (weights === null) return div(graph, sum, countOf(graph, targets));
  const table = addConstant(graph, Float32Array.from(weights), [classes]);
  return div(graph, sum, reduceSum(graph, gather(graph, table, targets)));
}

/** Appends how many rows have their largest logit at the target; the lowest class wins a tie. */
export function appendCorrect(graph: Graph, logits: Value, targets: Value): Value {
  const chosen =
    logits.shape[1] === 1
      ? squeeze(graph, greater(graph, logits, scalar(graph, 0)), [1])
      : argMax(graph, logits);
  const right = equal(graph, cast(graph, chosen, "int64"), cast(graph, targets, "int64"));
  return reduceSum(graph, cast(graph, right, "float32"), [0]);
}
