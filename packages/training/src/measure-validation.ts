import type { Part, PreparedData } from "@descent/datasets";

type Scale = PreparedData["targetScale"];

/** Metrics of the validation part, added up in doubles from the model's raw outputs [rows x outputs]. */
export function measureValidation(
  outputs: Float32Array,
  part: Part,
  { classes, targetScale }: Pick<PreparedData, "classes" | "targetScale">,
) {
  return classes
    ? measureClasses(outputs, part, classes.length)
    : measureNumbers(outputs, part, targetScale);
}

/**
 * Cross-entropy -log softmax(logits)[class] by the log-sum-exp of shifted logits, and accuracy. Outputs that
 * are no numbers predict nothing: no accuracy then, where counting would take them for the first class.
 */
function measureClasses(logits: Float32Array, { rows, targets }: Part, classes: number) {
  let [loss, correct] = [0, 0];
  for (let row = 0; row < rows; row++) {
    const of = logits.subarray(row * classes, (row + 1) * classes);
    let largest = 0;
    for (let k = 1; k < classes; k++) if (of[k]! > of[largest]!) largest = k;
    let sum = 0;
    for (const logit of of) sum += Math.exp(logit - of[largest]!);
    loss += Math.log(sum) + of[largest]! - of[targets[row]!]!;
    if (largest === targets[row]) correct += 1;
  }
  const accuracy = Number.isNaN(loss) ? Number.NaN : correct / rows;
  return { val_loss: loss / rows, val_accuracy: accuracy };
}

/** Squared and absolute error in the target's own unit; r2 = 1 - residual / total sum of squares. */
function measureNumbers(predictions: Float32Array, { rows, targets }: Part, { std }: Scale) {
  let [squared, absolute, mean] = [0, 0, 0];
  for (let row = 0; row < rows; row++) {
    const error = (predictions[row]! - targets[row]!) * std;
    squared += error * error;
    absolute += Math.abs(error);
    mean += targets[row]! / rows;
  }
  let total = 0;
  for (let row = 0; row < rows; row++) total += ((targets[row]! - mean) * std) ** 2;
  const mse = squared / rows;
  return {
    val_loss: mse,
    val_rmse: Math.sqrt(mse),
    val_mae: absolute / rows,
    val_r2: 1 - squared / total,
  };
}
