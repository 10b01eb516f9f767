import type { Loss, Metric } from "@descent/contracts";
import type { Part, PreparedData } from "@descent/datasets";
import { measureClasses } from "./measure-classes.ts";
import { measureNumbers } from "./measure-numbers.ts";

export type Measured = Partial<Record<Metric, number>> & { val_loss: number };

/**
 * Metrics of the validation part, added up in doubles from the model's raw outputs [rows x outputs].
 * `val_loss` is the job's own loss (label smoothing and class weights included, as when a PyTorch user calls
 * the same criterion), without penalties on the weights.
 */
export function measureValidation(
  outputs: Float32Array,
  part: Part,
  { classes, targetScale }: Pick<PreparedData, "classes" | "targetScale">,
  loss: Loss,
): Measured {
  return classes
    ? measureClasses(outputs, part, classes.length, loss)
    : measureNumbers(outputs, part, targetScale, loss);
}
