import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JobSpec, ResolvedJob } from "@descent/contracts";
import { inspectFile } from "@descent/datasets";
import { createDataset, createJob, type Database, getJob, listEpochs } from "@descent/db";
import { openStorage } from "@descent/storage";
import { eventually } from "@descent/test/eventually";
import pino from "pino";
import type { Env } from "../src/env.ts";

export const silent = pino({ level: "silent" });

export async function storageFolder(): Promise<string> {
  return `file://${await mkdtemp(join(tmpdir(), "descent-blobs-"))}`;
}

export function testEnv(url: string, queue: Env["queue"], storageUrl: string): Env {
  return {
    databaseUrl: url,
    storageUrl,
    queue,
    logLevel: "silent",
    slots: 2,
    trainerMemoryMb: null,
    leaseSeconds: 1.5,
    sweepSeconds: 0.3,
  };
}

/** A worker as a process of its own, as in production, so that it can be killed. */
export function spawnWorker(env: Env): ChildProcess {
  const main = new URL("../src/main.ts", import.meta.url).pathname;
  return spawn(process.execPath, [main], {
    stdio: "ignore",
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: env.databaseUrl,
      STORAGE_URL: env.storageUrl,
      ...("redisUrl" in env.queue ? { REDIS_URL: env.queue.redisUrl } : {}),
      LOG_LEVEL: "silent",
      WORKER_SLOTS: "1",
      LEASE_SECONDS: String(env.leaseSeconds),
      SWEEP_SECONDS: String(env.sweepSeconds),
    },
  });
}

/** Puts iris into the storage and the database. */
export async function irisDataset(db: Database, storageUrl: string): Promise<string> {
  const path = new URL("../../../packages/datasets/data/iris.csv", import.meta.url).pathname;
  const storage = await openStorage(storageUrl);
  const table = storage.temporaryPath();
  const inspected = await inspectFile({ format: "csv", path, gzip: false, categories: [] }, table);
  if (!inspected.ok) throw new Error(JSON.stringify(inspected.problems));
  const { sha256: tableSha256, bytes } = await storage.putFile(table);
  const sha256 = String((await readFile(path)).length);
  const ready = { profile: inspected.profile, tableSha256 };
  return (await createDataset(db, { name: "iris", format: "csv", sha256, bytes, ready })).id;
}

/** Changes a bit in the middle of every blob, as a failing disk does. */
export async function spoilTables(storageUrl: string): Promise<void> {
  const root = fileURLToPath(storageUrl);
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    bytes[bytes.length >> 1]! ^= 1;
    await chmod(path, 0o600);
    await writeFile(path, bytes);
  }
}

/** A job on iris; one epoch of it takes about a millisecond. */
export async function createIrisJob(
  db: Database,
  datasetId: string,
  epochs: number,
): Promise<string> {
  const spec: JobSpec = {
    dataset: { id: datasetId },
    model: { layers: [{ type: "dense" }] },
    optimizer: { rule: "adam" },
    epochs,
  };
  const resolved: ResolvedJob = {
    dataset: {
      id: datasetId,
      target: "species",
      features: ["sepal_length", "sepal_width", "petal_length", "petal_width"],
      validation_fraction: 0.2,
      split_seed: 0,
      scaling: "standardize",
      target_scaling: "none",
    },
    model: {
      layers: [
        {
          type: "dense",
          units: 3,
          activation: "none",
          bias: true,
          initialisation: "glorot_uniform",
        },
      ],
      initialisation: "glorot_uniform",
    },
    loss: "cross_entropy",
    penalty: [],
    optimizer: {
      rule: "adam",
      convention: "paper",
      precision: "float32",
      lr: 0.01,
      beta1: 0.9,
      beta2: 0.999,
      eps: 1e-8,
      schedule: { type: "constant", per: "step", warmup: { steps: 0, from: 0 } },
      clip: null,
      accumulate: 1,
      ema: null,
      groups: [],
    },
    rule_text: null,
    epochs,
    batch_size: 16,
    seed: 1,
    threads: 1,
    stop: {},
  };
  const created = await createJob(db, { spec, resolved, parameters: 15, warnings: [] });
  if (!("job" in created)) throw new Error(created.result);
  return created.job.id;
}

export async function running(db: Database, jobId: string, epochs = 5): Promise<void> {
  await eventually(async () => ((await getJob(db, jobId))?.progress.epoch ?? 0) >= epochs);
}

export async function ended(db: Database, jobId: string) {
  return eventually(async () => {
    const job = await getJob(db, jobId);
    return job && ["finished", "failed", "cancelled"].includes(job.status) ? job : null;
  }, 60);
}

export async function epochNumbers(db: Database, jobId: string): Promise<number[]> {
  const numbers: number[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await listEpochs(db, jobId, { limit: 500, cursor });
    numbers.push(...page.data.map(({ epoch }) => epoch));
    if (page.next_cursor === null) return numbers;
    cursor = page.next_cursor;
  }
}

export const counted = (epochs: number) => Array.from({ length: epochs }, (_, i) => i + 1);
