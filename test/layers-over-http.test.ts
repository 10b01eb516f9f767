import { readFile } from "node:fs/promises";
import {
  ACTIVATIONS,
  type Epoch,
  INITIALISATIONS,
  type Job,
  LAYER_TYPES,
  type Layer,
  LOSSES,
  MEASUREMENTS,
  METRIC_NAMES,
  type Metric,
  metricsOf,
  type OptimizerSpec,
  PRESETS,
  statedLayers,
} from "@descent/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DATA_SETS, type DataName } from "./over-http/data-sets.ts";
import { covariance, deviation } from "./over-http/number-metrics.ts";
import { type OpenApi, openApi } from "./over-http/open-api.ts";
import { recompute } from "./over-http/recompute.ts";
import { splitOf } from "./over-http/split-of.ts";
import { LAYER_TRIALS, TRIALS, type Trial } from "./over-http/trials.ts";

// One service trains everything that a model can be made of. All jobs are posted first: two train at once.
let api: OpenApi;
const ids = new Map<DataName, string>();
const posted = new Map<Trial, Promise<Job>>();

beforeAll(async () => {
  api = await openApi();
  for (const [name, { file }] of Object.entries(DATA_SETS))
    ids.set(name as DataName, (await api.upload(name, file)).id);
  for (const trial of TRIALS) {
    const job = post(trial);
    // What a refusal says belongs to the trial's own test.
    job.catch(() => {});
    posted.set(trial, job);
  }
  await Promise.allSettled(posted.values());
});
afterAll(() => api?.close());

const post = ({ data, model, more }: Omit<Trial, "title">) =>
  api.post({
    dataset: { id: ids.get(data)!, validation_fraction: 0.4 },
    model,
    optimizer: { rule: "adam" },
    epochs: 1,
    batch_size: 16,
    seed: 1,
    ...more,
  });

/** What the page of models promises of a job, by its target. */
const [LOSS, RIGHT] = [
  ["train_loss", "val_loss"] as const,
  ["train_accuracy", "val_accuracy", "val_macro_f1"] as const,
];
const PROMISED: Record<DataName, readonly Metric[]> = {
  kinds: [...LOSS, ...RIGHT],
  pairs: [...LOSS, ...RIGHT, "val_auc"],
  words: [...LOSS, ...RIGHT, "val_auc"],
  octants: [...LOSS, ...RIGHT, "val_top_5_accuracy"],
  textures: [...LOSS, ...RIGHT, "val_top_5_accuracy"],
  heights: [...LOSS, "val_rmse", "val_mae", "val_r2"],
};

async function finished(job: Job): Promise<{ job: Job; epochs: Epoch[]; last: Epoch }> {
  const ended = await api.ended(job.id);
  expect(ended.error).toBeNull();
  expect(ended).toMatchObject({ status: "finished", outcome: "completed" });
  const epochs = await api.epochs(job.id);
  expect(epochs).toHaveLength(ended.resolved.epochs);
  return { job: ended, epochs, last: epochs.at(-1)! };
}

/** What the job's model answers for one part of its data, and what follows from that. */
async function recomputed(data: DataName, { id, resolved }: Job, part: "training" | "validation") {
  const { rows, targets } = DATA_SETS[data];
  const split = await splitOf(resolved, targets);
  const answers = await api.predict(
    id,
    split[part].map((row) => rows[row]),
  );
  const pick = (of: number[]) => of.map((row) => targets[row]!);
  return recompute(resolved, answers, pick(split[part]), pick(split.training));
}

/** The exported model computes in float32, in another order than the training. */
function near(actual: unknown, expected: number, what: string): void {
  const off = Math.abs(Number(actual) - expected);
  expect(off, `${what}: ${actual} instead of ${expected}`).toBeLessThan(
    1e-5 * Math.max(1, Math.abs(expected)),
  );
}

test.each(TRIALS)("$title trains, and its metrics are those of its predictions", async (trial) => {
  const { data } = trial;
  const { job, epochs, last } = await finished(await posted.get(trial)!);
  for (const epoch of epochs)
    expect(Object.keys(epoch).sort()).toEqual(["epoch", ...PROMISED[data], ...MEASUREMENTS].sort());
  const { losses, metrics } = await recomputed(data, job, "validation");
  near(last.val_loss, losses.loss, "val_loss");
  expect(Object.keys(metrics).sort()).toEqual(
    PROMISED[data].filter((name) => name.startsWith("val_") && name !== "val_loss").sort(),
  );
  for (const [name, value] of Object.entries(metrics)) near(last[name as Metric], value, name);
  // Nearer to the least it could be than to that of the best answer that does not look at the row.
  expect(losses.loss - losses.least).toBeLessThan((losses.constant - losses.least) / 2);
});

test("every layer's trials have that layer, and every metric is promised to some trial", () => {
  for (const type of LAYER_TYPES)
    for (const { model } of LAYER_TRIALS[type])
      expect(statedLayers(model).map((layer) => layer.type)).toContain(type);
  const tried = new Set(TRIALS.flatMap(({ data }) => PROMISED[data]));
  expect([...tried].sort()).toEqual([...METRIC_NAMES].sort());
  for (const [name, { targets }] of Object.entries(DATA_SETS)) {
    const classes = new Set<string | number>(targets).size;
    const said = metricsOf(typeof targets[0] === "string" ? classes : null);
    expect(said.sort()).toEqual([...PROMISED[name as DataName]].sort());
  }
});

test("the page of models names everything that there is", async () => {
  const page = await readFile(new URL("../docs/models.md", import.meta.url), "utf8");
  for (const name of [
    ...[...LAYER_TYPES, ...INITIALISATIONS, ...PRESETS, ...LOSSES],
    ...[...METRIC_NAMES, ...ACTIVATIONS.filter((each) => each !== "none")],
  ])
    expect(page).toContain(`\`${name}\``);
});

test("the data are such that no metric of the validation part is 1 by itself", async () => {
  const value = async (title: string, metric: Metric) => {
    const trial = TRIALS.find((each) => each.title === title);
    return (await finished(await posted.get(trial!)!)).last[metric];
  };
  expect(await value("the activation relu", "val_macro_f1")).toBeLessThan(1);
  expect(await value("two outputs for two classes", "val_auc")).toBeLessThan(1);
  expect(await value("eight classes", "val_accuracy")).toBeLessThan(1);
  expect(await value("eight classes", "val_top_5_accuracy")).toBeLessThan(1);
});

const [STILL, DENSE]: [OptimizerSpec, Layer] = [{ rule: "sgd", lr: 0 }, { type: "dense" }];

test("train_loss and train_accuracy are those of the rows trained on", async () => {
  // At a rate of 0 the weights stay, so that the model at the end is that of every batch.
  const layers: Layer[] = [{ type: "dense", units: 12, activation: "tanh" }, DENSE];
  const ofClasses = { data: "kinds" as const, model: { layers }, more: { optimizer: STILL } };
  const classes = await finished(await post(ofClasses));
  const right = await recomputed("kinds", classes.job, "training");
  near(classes.last.train_loss, right.losses.loss, "train_loss");
  near(classes.last.train_accuracy, right.metrics.val_accuracy!, "train_accuracy");
  const numbers = await finished(await post({ ...ofClasses, data: "heights" }));
  const { losses } = await recomputed("heights", numbers.job, "training");
  near(numbers.last.train_loss, losses.loss, "train_loss");
});

test("every initialisation is another start; weights that are all equal know nothing", async () => {
  const starts = [...INITIALISATIONS, { constant: 1 }, { constant: 2 }];
  const jobs = await Promise.all(
    starts.map(async (initialisation) => {
      const model = { layers: [DENSE], initialisation };
      return finished(await post({ data: "kinds", model, more: { optimizer: STILL } }));
    }),
  );
  expect(new Set(jobs.map(({ job }) => job.result_hash)).size).toBe(starts.length);
  for (const [index, start] of starts.entries())
    if (start === "zeros" || typeof start === "object")
      near(jobs[index]!.last.val_loss, Math.log(3), JSON.stringify(start));
});

test.each([
  { l1: 0, l2: 1 },
  { l1: 0.5, l2: 0 },
  { l1: 0.2, l2: 0.5 },
])("a line with a penalty of %j ends at its closed form", async ({ l1, l2 }) => {
  const optimizer: OptimizerSpec = { rule: "sgd", lr: 0.25 };
  const dataset = { id: ids.get("heights")!, features: ["x"] };
  const penalty = [{ match: "*.weight", l1, l2 }];
  const more = { dataset, penalty, optimizer, loss: "mse", epochs: 60, batch_size: 1000 } as const;
  const posting = await post({ data: "heights", model: { layers: [DENSE] }, more });
  const { job, last } = await finished(posting);
  const { rows, targets } = DATA_SETS.heights;
  const { training } = await splitOf(job.resolved, targets);
  const x = training.map((row) => (rows[row] as number[])[0]!);
  const y = training.map((row) => Number(targets[row]));
  const correlation = covariance(x, y) / (deviation(x) * deviation(y));
  // The least of mean (w x - y)^2 + l1 |w| + l2 w^2, x and y standardized: mean x y is the correlation.
  const weight = (correlation - l1 / 2) / (1 + l2);
  const [at0, at1] = await api.predict(job.id, [[0], [1]]);
  const slope = (weight * deviation(y)) / deviation(x);
  expect((at1!.value! - at0!.value!) / slope).toBeCloseTo(1, 4);
  // The loss that is recorded is without the penalty, in the target's own unit.
  const squares = (1 - 2 * weight * correlation + weight ** 2) * deviation(y) ** 2;
  expect(last.train_loss! / squares).toBeCloseTo(1, 5);
});
