import { isOverClasses, type Loss, type Metric, type ResolvedJob } from "@descent/contracts";
import { classLosses, classMetrics } from "./class-metrics.ts";
import { deviation, numberLosses, numberMetrics } from "./number-metrics.ts";
import type { Prediction } from "./open-api.ts";

/** A loss with the least that it could be, and with the least for one and the same answer to all rows. */
export interface Losses {
  loss: number;
  least: number;
  constant: number;
}

/**
 * What a job must have recorded, from what its model answers.
 *
 * @param answers of the rows whose targets are `targets`
 * @param trained the targets that the job trained on, which a standardized target is scaled by
 */
export function recompute(
  { loss, dataset }: ResolvedJob,
  answers: readonly Prediction[],
  targets: readonly (string | number)[],
  trained: readonly (string | number)[],
): { losses: Losses; metrics: Partial<Record<Metric, number>> } {
  if (isOverClasses(loss)) {
    const rows = answers.map(({ label, probabilities }, row) => ({
      label: String(label),
      target: String(targets[row]),
      probabilities: probabilities as Record<string, number>,
    }));
    const classes = Object.keys(rows[0]!.probabilities).length;
    return { losses: classLosses(rows, classLoss(loss, classes)), metrics: classMetrics(rows) };
  }
  const rows = answers.map(({ value }, row) => ({
    value: value as number,
    target: Number(targets[row]),
  }));
  const unit = dataset.target_scaling === "standardize" ? deviation(trained.map(Number)) : 1;
  return { losses: numberLosses(rows, numberLoss(loss, unit)), metrics: numberMetrics(rows) };
}

function classLoss(loss: Loss, classes: number) {
  const ones = Array<number>(classes).fill(1);
  if (typeof loss === "string" || loss.type !== "cross_entropy")
    return { smoothing: 0, weights: ones };
  return { smoothing: loss.label_smoothing, weights: loss.class_weights ?? ones };
}

/** In the target's own unit, of which the training's is `unit`. */
function numberLoss(loss: Loss, unit: number): (error: number) => number {
  if (loss === "mse") return (error) => error ** 2;
  if (loss === "mae") return Math.abs;
  if (typeof loss === "string" || loss.type !== "huber") throw new Error(`unknown loss ${loss}`);
  const delta = loss.delta * unit;
  return (error) =>
    Math.abs(error) <= delta ? error ** 2 / 2 : delta * (Math.abs(error) - delta / 2);
}
