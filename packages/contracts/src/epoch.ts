import { type Static, Type } from "typebox";
import { nullable } from "./scalars.ts";

/**
 * Every metric an epoch can have, and which way is better. `train_*` are means over the epoch's batches. The
 * formulas of `val_*` stand in packages/training/src/measure-classes.ts and measure-numbers.ts.
 */
export const METRICS = {
  train_loss: "minimize",
  val_loss: "minimize",
  train_accuracy: "maximize",
  val_accuracy: "maximize",
  val_top_5_accuracy: "maximize",
  val_macro_f1: "maximize",
  val_auc: "maximize",
  val_rmse: "minimize",
  val_mae: "minimize",
  val_r2: "maximize",
} as const satisfies Record<string, "minimize" | "maximize">;
export type Metric = keyof typeof METRICS;
export const METRIC_NAMES = Object.keys(METRICS) as Metric[];

/** With so few classes every target is among the first five. */
export const TOP_5_FROM = 6;

/**
 * The metrics of a job, by its target.
 *
 * @param classes how many the target has; null for a number target
 */
export function metricsOf(classes: number | null): Metric[] {
  const losses: Metric[] = ["train_loss", "val_loss"];
  if (classes === null) return [...losses, "val_rmse", "val_mae", "val_r2"];
  return [
    ...losses,
    "train_accuracy",
    "val_accuracy",
    ...(classes >= TOP_5_FROM ? (["val_top_5_accuracy"] as const) : []),
    "val_macro_f1",
    ...(classes === 2 ? (["val_auc"] as const) : []),
  ];
}

/** What an epoch records beside its metrics. `lr` and `grad_norm` (global L2, mean over steps) steer no comparison. */
export const MEASUREMENTS = ["lr", "grad_norm", "seconds", "samples_per_second"] as const;
export type Measurement = (typeof MEASUREMENTS)[number];
export type Series = Metric | Measurement;
export const SERIES_NAMES: readonly Series[] = [...METRIC_NAMES, ...MEASUREMENTS];

/** One pass over the training part as the loop yields it; `epoch` counts from 1, values may be NaN or infinite. */
export interface EpochRecord {
  epoch: number;
  values: Partial<Record<Series, number>>;
}

const value = nullable(Type.Number());

/** One epoch as the API shows it: a non-finite value is null here and named in `non_finite`. */
export const Epoch = Type.Object(
  {
    epoch: Type.Integer({ minimum: 1 }),
    train_loss: value,
    val_loss: value,
    train_accuracy: Type.Optional(value),
    val_accuracy: Type.Optional(value),
    val_top_5_accuracy: Type.Optional(value),
    val_macro_f1: Type.Optional(value),
    val_auc: Type.Optional(value),
    val_rmse: Type.Optional(value),
    val_mae: Type.Optional(value),
    val_r2: Type.Optional(value),
    lr: value,
    grad_norm: value,
    seconds: value,
    samples_per_second: value,
    non_finite: Type.Optional(
      Type.Record(Type.String(), Type.Enum(["nan", "infinity", "-infinity"])),
    ),
  },
  { $id: "Epoch", additionalProperties: false },
);
export type Epoch = Static<typeof Epoch>;
