import type { DatasetProfile, JobSpec, ResolvedJob } from "@descent/contracts";
import { createDataset, createJob, type Database } from "../src/index.ts";

export const profile: DatasetProfile = {
  rows: 4,
  shape: null,
  columns: [
    { name: "y", kind: "category", values: ["a", "b"], missing: 0, first_missing_row: null },
  ],
};

export function exampleJob(datasetId: string, epochs = 3, tags: Record<string, string> = {}) {
  const spec: JobSpec = {
    dataset: { id: datasetId },
    model: { layers: [{ type: "dense" }] },
    optimizer: { rule: "sgd" },
    epochs,
    tags,
  };
  const resolved: ResolvedJob = {
    dataset: {
      id: datasetId,
      target: "y",
      features: [],
      validation_fraction: 0.2,
      split_seed: 0,
      scaling: "standardize",
      target_scaling: "none",
    },
    model: { layers: [], initialisation: "glorot_uniform" },
    loss: "cross_entropy",
    penalty: [],
    optimizer: {
      rule: "sgd",
      convention: "paper",
      precision: "float32",
      schedule: { type: "constant", per: "step", warmup: { steps: 0, from: 0 } },
      clip: null,
      accumulate: 1,
      ema: null,
      groups: [],
      lr: 0.1,
    },
    rule_text: null,
    epochs,
    batch_size: 2,
    seed: 1,
    threads: 1,
    stop: {},
  };
  return { spec, resolved, parameters: 3, warnings: [] };
}

export async function readyDataset(db: Database): Promise<string> {
  const content = { name: "d", format: "csv" as const, sha256: "00", bytes: 1 };
  const { id } = await createDataset(db, { ...content, ready: { profile, tableSha256: "11" } });
  return id;
}

/** A queued job of `epochs` epochs. */
export async function queuedJob(db: Database, epochs = 3, tags = {}): Promise<string> {
  const created = await createJob(db, exampleJob(await readyDataset(db), epochs, tags));
  if (!("job" in created)) throw new Error(created.result);
  return created.job.id;
}
