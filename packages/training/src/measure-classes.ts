import { type Loss, TOP_5_FROM } from "@descent/contracts";
import type { Part } from "@descent/datasets";
import { areaUnderCurve } from "./area-under-curve.ts";
import type { Measured } from "./measure-validation.ts";

/**
 * The loss and what is right, per class position. Outputs that are no numbers predict nothing: every metric
 * is NaN then, where counting would take them for the first class.
 *
 * - val_loss: Σ of the rows' losses / Σ of their targets' weights; a row's loss is
 *   -(1 - ε) w[t] log p[t] - ε/C Σ_c w[c] log p[c], with p = softmax by the log-sum-exp of shifted logits,
 *   ε the label smoothing and w the class weights (1 where there are none): as PyTorch's CrossEntropyLoss.
 * - val_accuracy, val_top_5_accuracy: the target's logit is (among the five) largest; lower classes win ties.
 * - val_macro_f1: the mean of 2 true positives / (predicted + actual) over the classes that were predicted or
 *   occur, as scikit-learn's f1_score(average="macro").
 * - val_auc: the second class against the first.
 *
 * @param outputs [rows x classes]; with binary_cross_entropy [rows], the logit of the second class
 */
export function measureClasses(
  outputs: Float32Array,
  { rows, targets }: Part,
  classes: number,
  loss: Loss,
): Measured {
  const logits = loss === "binary_cross_entropy" ? besideZeros(outputs) : outputs;
  const { smoothing, weights } = optionsOf(loss, classes);
  const [hits, predicted, actual] = [zeros(classes), zeros(classes), zeros(classes)];
  let [sum, weight, inTop5] = [0, 0, 0];
  for (let row = 0; row < rows; row++) {
    const of = logits.subarray(row * classes, (row + 1) * classes);
    const target = targets[row]!;
    let largest = 0;
    for (let k = 1; k < classes; k++) if (of[k]! > of[largest]!) largest = k;
    let exponentials = 0;
    for (const logit of of) exponentials += Math.exp(logit - of[largest]!);
    const logSum = Math.log(exponentials) + of[largest]!;
    sum += (1 - smoothing) * weights[target]! * (logSum - of[target]!);
    // Not 0 times a logit that is infinite.
    if (smoothing > 0)
      for (let k = 0; k < classes; k++)
        sum += (smoothing / classes) * weights[k]! * (logSum - of[k]!);
    weight += weights[target]!;
    predicted[largest]! += 1;
    actual[target]! += 1;
    if (largest === target) hits[target]! += 1;
    if (before(of, target) < 5) inTop5 += 1;
  }
  const measured = (value: number) => (Number.isNaN(sum) ? Number.NaN : value);
  return {
    val_loss: sum / weight,
    val_accuracy: measured(hits.reduce((all, count) => all + count) / rows),
    ...(classes >= TOP_5_FROM ? { val_top_5_accuracy: measured(inTop5 / rows) } : {}),
    val_macro_f1: measured(macroF1(hits, predicted, actual)),
    ...(classes === 2 ? { val_auc: measured(areaUnderCurve(margins(logits), targets)) } : {}),
  };
}

const zeros = (length: number) => new Float64Array(length);

function optionsOf(loss: Loss, classes: number) {
  const options = typeof loss === "object" && loss.type === "cross_entropy" ? loss : null;
  return {
    smoothing: options?.label_smoothing ?? 0,
    weights: options?.class_weights ?? Array<number>(classes).fill(1),
  };
}

/** The sigmoid of x is the softmax of [0, x]: one logit as those of two classes. */
function besideZeros(logits: Float32Array): Float32Array {
  const both = new Float32Array(logits.length * 2);
  for (const [row, logit] of logits.entries()) both[2 * row + 1] = logit;
  return both;
}

/** How far the second of two classes is ahead of the first. */
function margins(logits: Float32Array): Float64Array {
  const ahead = zeros(logits.length / 2);
  for (let row = 0; row < ahead.length; row++) ahead[row] = logits[2 * row + 1]! - logits[2 * row]!;
  return ahead;
}

/** How many classes stand before this one when they are sorted by their logits. */
function before(logits: Float32Array, target: number): number {
  let count = 0;
  const own = logits[target]!;
  for (let k = 0; k < logits.length; k++)
    if (logits[k]! > own || (k < target && logits[k] === own)) count += 1;
  return count;
}

function macroF1(hits: Float64Array, predicted: Float64Array, actual: Float64Array): number {
  let [sum, counted] = [0, 0];
  for (const [k, count] of hits.entries()) {
    const either = predicted[k]! + actual[k]!;
    if (either === 0) continue;
    sum += (2 * count) / either;
    counted += 1;
  }
  return sum / counted;
}
