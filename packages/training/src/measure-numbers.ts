import type { Loss } from "@descent/contracts";
import type { Part, PreparedData } from "@descent/datasets";
import type { Measured } from "./measure-validation.ts";

type Scale = PreparedData["targetScale"];

/** Squared and absolute error in the target's own unit; r2 = 1 - residual / total sum of squares. */
export function measureNumbers(
  predictions: Float32Array,
  { rows, targets }: Part,
  { std }: Scale,
  loss: Loss,
): Measured {
  let [squared, absolute, sum, mean] = [0, 0, 0, 0];
  for (let row = 0; row < rows; row++) {
    const scaled = predictions[row]! - targets[row]!;
    const error = scaled * std;
    squared += error * error;
    absolute += Math.abs(error);
    sum += lossOf(loss, scaled);
    mean += targets[row]! / rows;
  }
  let total = 0;
  for (let row = 0; row < rows; row++) total += ((targets[row]! - mean) * std) ** 2;
  return {
    val_loss: (sum / rows) * unitOfLoss(loss, std),
    val_rmse: Math.sqrt(squared / rows),
    val_mae: absolute / rows,
    val_r2: 1 - squared / total,
  };
}

/**
 * What takes a loss of the scaled target to the target's own unit: mae grows with the target, mse and huber
 * with its square (s² huber_δ(e) = huber_δs(s e): in the own unit, delta is s times what the job says).
 * Losses over classes have no unit.
 */
export function unitOfLoss(loss: Loss, std: number): number {
  return loss === "mae" ? std : std ** 2;
}

/** The loss of one row, as append-loss.ts has it. */
function lossOf(loss: Loss, error: number): number {
  if (loss === "mse") return error * error;
  const size = Math.abs(error);
  if (loss === "mae") return size;
  if (typeof loss === "string" || loss.type !== "huber")
    throw new Error(`${JSON.stringify(loss)} is no loss over numbers`);
  const { delta } = loss;
  return size <= delta ? (error * error) / 2 : delta * (size - delta / 2);
}
