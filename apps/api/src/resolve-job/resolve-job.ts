import {
  type DatasetProfile,
  elements,
  type Fault,
  type JobSpec,
  type JobWarning,
  type Loss,
  type Metric,
  nameOfLoss,
  type ResolvedJob,
  type UploadedModel,
} from "@descent/contracts";
import { countParts } from "@descent/datasets";
import type { RuleDescription } from "@descent/optimizers/catalogue";
import { checkBatch } from "./check-batch.ts";
import { checkEmbeddings } from "./check-embeddings.ts";
import { chooseColumns } from "./choose-columns.ts";
import { chooseLoss } from "./choose-loss.ts";
import { chooseModel } from "./choose-model.ts";
import { chooseScaling } from "./choose-scaling.ts";
import { countInputs } from "./count-inputs.ts";
import { lastUnits } from "./last-units.ts";
import { resolveOptimizer } from "./resolve-optimizer.ts";
import { resolvePenalties } from "./resolve-penalties.ts";
import { warnOfLastActivation } from "./warn-of-last-activation.ts";

export interface Limits {
  maxParameters: number;
  /** Threads that a job may have. */
  maxThreads: number;
  /** Draws the seed of a job that states none. */
  drawSeed: () => number;
}

const BATCH_SIZE = 32;

/** What a job speaks of, as it is known. */
export interface Found {
  /** Of the data set. */
  profile: DatasetProfile;
  /** The user's own rule of the name that the optimizer gives, null where there is none. */
  ownRule: RuleDescription | null;
  /** The uploaded model of the id that the model gives, null where there is none. */
  upload: UploadedModel | null;
}

export type Resolution =
  | { resolved: ResolvedJob; parameters: number; warnings: JobWarning[]; faults: null }
  | { faults: Fault[] };

/**
 * Turns a job as sent into one with every value that runs, or says everything that is wrong with it.
 *
 * @param spec of the right shape (the schema has seen to that); this is about its meaning
 */
export function resolveJob(
  spec: JobSpec,
  { profile, ownRule, upload }: Found,
  limits: Limits,
): Resolution {
  const faults: Fault[] = [];
  const columns = chooseColumns(spec.dataset, profile, faults);
  const { loss, outputs, metrics, warnings } = chooseLoss(spec, upload, columns.target, faults);
  const scaling = chooseScaling(spec, upload, profile, loss, faults);
  const batchSize = spec.batch_size ?? BATCH_SIZE;
  const validationFraction = spec.dataset.validation_fraction ?? 0.2;
  if (profile.rows < 2)
    faults.push({
      pointer: "/dataset/validation_fraction",
      message: `${profile.rows} row cannot be split into training and validation rows`,
    });
  const { threads = 1 } = spec;
  if (threads > limits.maxThreads)
    faults.push({
      pointer: "/threads",
      message: `this server gives a job at most ${limits.maxThreads} threads`,
    });
  checkStop(spec, loss, metrics, faults);

  checkEmbeddings(spec.model, upload, columns.features, faults);
  const inputs = countInputs(profile, columns.features, faults);
  // With the number of outputs unknown, what the last layer states is taken, so that its other faults show.
  const units = outputs ?? lastUnits(spec.model, upload) ?? 1;
  const model = chooseModel(spec.model, upload, { inputs, outputs: units, loss }, faults);
  const parameters = (model?.parameters ?? []).reduce((sum, { shape }) => sum + elements(shape), 0);
  if (parameters > limits.maxParameters)
    faults.push({
      pointer: "/model",
      message: `the model has ${parameters} parameters; this server takes at most ${limits.maxParameters}`,
    });
  else if (model && parameters === 0)
    faults.push({ pointer: "/model/layers", message: "the model has nothing to train" });
  const training = profile.rows < 2 ? null : countParts(profile.rows, validationFraction).training;
  if (training !== null && model) checkBatch(model.numbers, Math.min(batchSize, training), faults);

  const tensors = model?.parameters.map(({ name }) => name) ?? null;
  const penalty = resolvePenalties(spec.penalty ?? [], tensors, faults);
  const optimizer = resolveOptimizer(
    spec.optimizer,
    ownRule,
    {
      epochs: spec.epochs,
      batchesPerEpoch: training === null ? null : Math.ceil(training / batchSize),
      tensors,
      metrics,
    },
    faults,
  );

  const { target, features } = columns;
  if (faults.length > 0 || !model || !target || !features || !loss || !optimizer) return { faults };
  const resolved: ResolvedJob = {
    dataset: {
      id: spec.dataset.id,
      target: target.name,
      features: features.map(({ name }) => name),
      validation_fraction: validationFraction,
      split_seed: spec.dataset.split_seed ?? 0,
      ...scaling,
    },
    model: model.resolved,
    loss,
    penalty,
    optimizer: optimizer.optimizer,
    rule_text: optimizer.ruleText,
    epochs: spec.epochs,
    batch_size: batchSize,
    seed: spec.seed ?? limits.drawSeed(),
    threads,
    stop: spec.stop ?? {},
  };
  return {
    resolved,
    parameters,
    warnings: [
      ...warnings,
      ...warnOfLastActivation(spec.model, upload, loss),
      ...optimizer.warnings,
    ],
    faults: null,
  };
}

function checkStop(
  { stop }: JobSpec,
  loss: Loss | null,
  metrics: readonly Metric[] | null,
  faults: Fault[],
): void {
  const metric = stop?.target?.metric;
  if (metric === undefined || !loss || !metrics || metrics.includes(metric)) return;
  faults.push({
    pointer: "/stop/target/metric",
    message: `a job with the loss ${nameOfLoss(loss)} and this target has no ${metric}`,
    allowed: [...metrics],
  });
}
