import type { Loss } from "@descent/contracts";
import {
  argMax,
  cast,
  equal,
  mul,
  reduceMean,
  reduceSum,
  softmaxCrossEntropyLoss,
  sub,
} from "./append-nodes.ts";
import { addInput, type ForwardGraph, type Graph, type Value } from "./graph.ts";

/**
 * Appends the loss, a mean over the batch.
 *
 * - cross_entropy: targets are class indices, int32 [rows]; mean over the rows of −log(softmax(output)[target]).
 * - mse: targets are float32 [rows, outputs]; mean over rows and outputs of (output − target)².
 */
export function appendLoss(
  graph: ForwardGraph,
  loss: Loss,
  output: Value,
): { targets: Value; loss: Value } {
  if (loss === "cross_entropy") {
    const targets = addInput(graph, "targets", "int32", ["rows"]);
    return { targets, loss: softmaxCrossEntropyLoss(graph, output, targets) };
  }
  const targets = addInput(graph, "targets", "float32", output.shape);
  const difference = sub(graph, output, targets);
  return { targets, loss: reduceMean(graph, mul(graph, difference, difference)) };
}

/** Appends how many rows have their largest logit at the target; the lowest class wins a tie. */
export function appendCorrect(graph: Graph, logits: Value, targets: Value): Value {
  const right = equal(graph, argMax(graph, logits), cast(graph, targets, "int64"));
  return reduceSum(graph, cast(graph, right, "float32"), [0]);
}
