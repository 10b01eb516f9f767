import {
  CLASSIFICATION_METRICS,
  type DatasetProfile,
  type Fault,
  followShapes,
  type JobSpec,
  type JobWarning,
  type Loss,
  REGRESSION_METRICS,
  type ResolvedJob,
} from "@descent/contracts";
import { chooseColumns } from "./choose-columns.ts";
import { chooseLoss } from "./choose-loss.ts";
import { chooseScaling } from "./choose-scaling.ts";
import { countInputs } from "./count-inputs.ts";
import { lastUnits } from "./last-units.ts";
import { resolveOptimizer } from "./resolve-optimizer.ts";

export interface Limits {
  maxParameters: number;
  /** Draws the seed of a job that states none. */
  drawSeed: () => number;
}

export type Resolution =
  | { resolved: ResolvedJob; parameters: number; warnings: JobWarning[]; faults: null }
  | { faults: Fault[] };

/**
 * Turns a job as sent into one with every value that runs, or says everything that is wrong with it.
 *
 * @param spec of the right shape (the schema has seen to that); this is about its meaning
 * @param profile what is known of its data set
 */
export function resolveJob(spec: JobSpec, profile: DatasetProfile, limits: Limits): Resolution {
  const faults: Fault[] = [];
  const columns = chooseColumns(spec.dataset, profile, faults);
  const { loss, outputs, warnings } = chooseLoss(spec, columns.target, faults);
  const scaling = chooseScaling(spec.dataset, profile, loss, faults);
  const optimizer = resolveOptimizer(spec.optimizer, faults);
  const validationFraction = spec.dataset.validation_fraction ?? 0.2;
  if (profile.rows < 2)
    faults.push({
      pointer: "/dataset/validation_fraction",
      message: `${profile.rows} row cannot be split into training and validation rows`,
    });
  checkStop(spec, loss, faults);

  const inputs = countInputs(profile, columns.features, faults);
  // With the number of outputs unknown, what the last layer states is taken, so that its other faults show.
  const shapes = inputs && followShapes(spec.model.layers, inputs, outputs ?? lastUnits(spec) ?? 1);
  if (shapes?.faults) faults.push(...shapes.faults);
  else if (shapes && shapes.parameterCount > limits.maxParameters)
    faults.push({
      pointer: "/model",
      message: `the model has ${shapes.parameterCount} parameters; this server takes at most ${limits.maxParameters}`,
    });
  else if (shapes && shapes.parameterCount === 0)
    faults.push({ pointer: "/model/layers", message: "the model has nothing to train" });

  const { target, features } = columns;
  if (faults.length > 0 || !shapes || shapes.faults || !target || !features || !loss || !optimizer)
    return { faults };
  const resolved: ResolvedJob = {
    dataset: {
      id: spec.dataset.id,
      target: target.name,
      features: features.map(({ name }) => name),
      validation_fraction: validationFraction,
      split_seed: spec.dataset.split_seed ?? 0,
      ...scaling,
    },
    model: {
      layers: shapes.layers.map(({ layer }) => layer),
      initialisation: spec.model.initialisation ?? "glorot_uniform",
    },
    loss,
    optimizer,
    epochs: spec.epochs,
    batch_size: spec.batch_size ?? 32,
    seed: spec.seed ?? limits.drawSeed(),
    stop: spec.stop ?? {},
  };
  return { resolved, parameters: shapes.parameterCount, warnings, faults: null };
}

function checkStop({ stop }: JobSpec, loss: Loss | null, faults: Fault[]): void {
  const metric = stop?.target?.metric;
  if (metric === undefined || loss === null) return;
  const metrics: readonly string[] =
    loss === "cross_entropy" ? CLASSIFICATION_METRICS : REGRESSION_METRICS;
  if (!metrics.includes(metric))
    faults.push({
      pointer: "/stop/target/metric",
      message: `a job with the loss ${loss} has no ${metric}`,
      allowed: [...metrics],
    });
}
