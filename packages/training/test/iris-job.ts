import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  Activation,
  EpochRecord,
  ResolvedJob,
  ResolvedLayer,
  ResolvedOptimizer,
} from "@descent/contracts";
import { inspectFile, readTable, type Table } from "@descent/datasets";
import { train } from "../src/index.ts";

/** The table of a CSV file, as an upload makes it. */
export async function tableOf(path: string): Promise<Table> {
  const folder = await mkdtemp(join(tmpdir(), "descent-training-"));
  const table = join(folder, "table");
  const inspected = await inspectFile({ format: "csv", path, gzip: false, categories: [] }, table);
  if (!inspected.ok) throw new Error(JSON.stringify(inspected.problems));
  return readTable(table);
}

export const readIris = () =>
  tableOf(new URL("../../datasets/data/iris.csv", import.meta.url).pathname);

export function dense(units: number, activation: Activation = "none"): ResolvedLayer<"dense"> {
  return { type: "dense", units, activation, bias: true, initialisation: "glorot_uniform" };
}

/** A rule and its hypers, with nothing around it but what is said. */
export function optimizer(own: Record<string, unknown>): ResolvedOptimizer {
  return {
    rule: "sgd",
    convention: "paper",
    precision: "float32",
    schedule: { type: "constant", per: "step", warmup: { steps: 0, from: 0 } },
    clip: null,
    accumulate: 1,
    ema: null,
    groups: [],
    ...own,
  };
}

export type Change = Partial<Omit<ResolvedJob, "dataset">> & {
  dataset?: Partial<ResolvedJob["dataset"]>;
};

export function irisJob({ dataset, ...change }: Change = {}): ResolvedJob {
  return {
    dataset: {
      id: "ds_iris",
      target: "species",
      features: ["sepal_length", "sepal_width", "petal_length", "petal_width"],
      validation_fraction: 0.2,
      split_seed: 0,
      scaling: "standardize",
      target_scaling: "none",
      ...dataset,
    },
    model: {
      layers: [dense(16, "relu"), dense(3)],
      initialisation: "glorot_uniform",
    },
    loss: "cross_entropy",
    penalty: [],
    optimizer: optimizer({ rule: "adam", lr: 0.01, beta1: 0.9, beta2: 0.999, eps: 1e-8 }),
    rule_text: null,
    epochs: 30,
    batch_size: 16,
    seed: 1,
    threads: 1,
    stop: {},
    ...change,
  };
}

export async function run(job: ResolvedJob, table: Table, signal?: AbortSignal) {
  const epochs: EpochRecord[] = [];
  const training = train({ id: "job_test", job, table }, signal);
  for (;;) {
    const next = await training.next();
    if (next.done) return { epochs, result: next.value };
    epochs.push(next.value);
  }
}
