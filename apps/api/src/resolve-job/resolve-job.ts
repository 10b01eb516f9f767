import {
  CLASSIFICATION_METRICS,
  type DatasetProfile,
  type Fault,
  followShapes,
  type JobSpec,
  type JobWarning,
  type LayerShapes,
  type Loss,
  type Metric,
  REGRESSION_METRICS,
  type ResolvedJob,
} from "@descent/contracts";
import { countParts } from "@descent/datasets";
import type { RuleDescription } from "@descent/optimizers/catalogue";
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

const BATCH_SIZE = 32;

export type Resolution =
  | { resolved: ResolvedJob; parameters: number; warnings: JobWarning[]; faults: null }
  | { faults: Fault[] };

/**
 * Turns a job as sent into one with every value that runs, or says everything that is wrong with it.
 *
 * @param spec of the right shape (the schema has seen to that); this is about its meaning
 * @param profile what is known of its data set
 * @param ownRule the user's own rule of the name that the optimizer gives, null where there is none
 */
export function resolveJob(
  spec: JobSpec,
  profile: DatasetProfile,
  ownRule: RuleDescription | null,
  limits: Limits,
): Resolution {
  const faults: Fault[] = [];
  const columns = chooseColumns(spec.dataset, profile, faults);
  const { loss, outputs, warnings } = chooseLoss(spec, columns.target, faults);
  const scaling = chooseScaling(spec.dataset, profile, loss, faults);
  const metrics = loss && metricsOf(loss);
  const batchSize = spec.batch_size ?? BATCH_SIZE;
  const validationFraction = spec.dataset.validation_fraction ?? 0.2;
  if (profile.rows < 2)
    faults.push({
      pointer: "/dataset/validation_fraction",
      message: `${profile.rows} row cannot be split into training and validation rows`,
    });
  checkStop(spec, loss, metrics, faults);

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

  const optimizer = resolveOptimizer(
    spec.optimizer,
    ownRule,
    {
      epochs: spec.epochs,
      batchesPerEpoch:
        profile.rows < 2
          ? null
          : Math.ceil(countParts(profile.rows, validationFraction).training / batchSize),
      tensors: shapes?.faults === null ? tensorNames(shapes.layers) : null,
      metrics,
    },
    faults,
  );

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
    optimizer: optimizer.optimizer,
    rule_text: optimizer.ruleText,
    epochs: spec.epochs,
    batch_size: batchSize,
    seed: spec.seed ?? limits.drawSeed(),
    stop: spec.stop ?? {},
  };
  return {
    resolved,
    parameters: shapes.parameterCount,
    warnings: [...warnings, ...optimizer.warnings],
    faults: null,
  };
}

const metricsOf = (loss: Loss): readonly Metric[] =>
  loss === "cross_entropy" ? CLASSIFICATION_METRICS : REGRESSION_METRICS;

const tensorNames = (layers: readonly LayerShapes[]) =>
  layers.flatMap(({ parameters }) => parameters.map(({ name }) => name));

function checkStop(
  { stop }: JobSpec,
  loss: Loss | null,
  metrics: readonly Metric[] | null,
  faults: Fault[],
): void {
  const metric = stop?.target?.metric;
  if (metric === undefined || metrics === null || metrics.includes(metric)) return;
  faults.push({
    pointer: "/stop/target/metric",
    message: `a job with the loss ${loss} has no ${metric}`,
    allowed: [...metrics],
  });
}
