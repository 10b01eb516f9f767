import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Dataset, JobSpec, OptimizerSpec, Problem } from "@descent/contracts";
import { createInspector } from "@descent/datasets";
import { closeDatabase, listen, openDatabase } from "@descent/db";
import { createModelInspector } from "@descent/graph/model-inspector";
import { createPredictor } from "@descent/inference";
import { createRuleThreads } from "@descent/optimizers/trajectory";
import { openQueue } from "@descent/queue";
import { openStorage } from "@descent/storage";
import {
  createTestDatabase,
  queueLocation,
  type TestDatabase,
  type TestQueue,
} from "@descent/test/harness";
import { expect } from "vitest";
import { type App, type AppSettings, buildApp, type Parts } from "../src/app.ts";
import { createJobEnds } from "../src/wait-for-job.ts";

export interface TestApp {
  app: App;
  parts: Parts;
  database: TestDatabase;
  /** Where the blobs and temporary files lie. */
  folder: string;
  close(): Promise<void>;
}

const SETTINGS: AppSettings = {
  host: "127.0.0.1",
  apiKey: null,
  maxParameters: 1_000_000,
  maxThreads: 4,
  maxUploadBytes: 1_000_000,
  answerUploadAfterMs: 10_000,
};

/** The app on a fresh database, a real queue, a folder of its own and real threads. */
export async function openTestApp(
  settings: Partial<AppSettings> = {},
  backend: TestQueue = { name: "postgres" },
): Promise<TestApp> {
  const database = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), "descent-api-"));
  const db = openDatabase(database.url, { onError: () => {} });
  const queue = await openQueue(queueLocation(backend, database), {
    onError: () => {},
    onWarning: () => {},
  });
  const jobEnds = createJobEnds();
  const listener = await listen(
    database.url,
    (channel, jobId) => {
      if (channel === "job_ended") jobEnds.announce(jobId);
    },
    () => {},
  );
  const parts: Parts = {
    db,
    queue,
    storage: await openStorage(folder),
    inspector: createInspector({ threads: 1 }),
    modelInspector: createModelInspector(),
    rules: createRuleThreads({ threads: 1 }),
    predictor: createPredictor({ threads: 1 }),
    jobEnds,
    validations: new Set(),
  };
  const app = await buildApp(parts, { ...SETTINGS, ...settings });
  return {
    app,
    parts,
    database,
    folder,
    async close() {
      jobEnds.close(); // who waits for a job is answered now
      await app.close();
      await parts.inspector.close();
      await parts.modelInspector.close();
      await parts.rules.close();
      await parts.predictor.close();
      await Promise.all(parts.validations);
      await listener.close();
      await queue.close();
      await closeDatabase(db);
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** 12 flowers: two number columns, a category column with a gap, and three species of 4. */
export const FLOWERS = [
  "length,width,colour,species",
  ...Array.from({ length: 12 }, (_, row) => {
    const species = ["setosa", "versicolor", "virginica"][row % 3];
    return `${row}.5,${row * 2},${row === 7 ? "" : row % 2 === 0 ? "red" : "blue"},${species}`;
  }),
].join("\n");

export async function upload(
  { app }: Pick<TestApp, "app">,
  csv = FLOWERS,
  name = "flowers",
): Promise<Dataset> {
  const response = await app.inject({
    method: "POST",
    url: `/v1/datasets?name=${name}`,
    headers: { "content-type": "text/csv" },
    payload: csv,
  });
  expect(response.statusCode, response.body).toBe(201);
  return response.json();
}

/** A job that can run on the flowers. */
export function flowersJob(id: string, more: Partial<JobSpec> = {}): JobSpec {
  const optimizer: OptimizerSpec = { rule: "sgd", lr: 0.1 };
  return {
    dataset: { id, features: ["length", "width"] },
    model: { layers: [{ type: "dense", units: 4, activation: "relu" }, { type: "dense" }] },
    optimizer,
    epochs: 3,
    seed: 1,
    ...more,
  };
}

/** How many rows there are of everything a request could create. */
export async function countRows({ parts }: TestApp): Promise<Record<string, number>> {
  const { rows } = await parts.db.pool.query(
    `SELECT (SELECT count(*)::int FROM datasets) AS datasets, (SELECT count(*)::int FROM jobs) AS jobs,
       (SELECT count(*)::int FROM optimizers) AS optimizers,
       (SELECT count(*)::int FROM models) AS models,
       (SELECT count(*)::int FROM idempotency_keys) AS keys`,
  );
  return rows[0];
}

interface Answer {
  statusCode: number;
  headers: Record<string, unknown>;
  body: string;
}

/** Asserts that an answer is a problem of this code, and returns it. */
export function expectProblem(answer: Answer, status: number, code: Problem["code"]): Problem {
  expect(answer.statusCode, answer.body).toBe(status);
  expect(answer.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
  const problem: Problem = JSON.parse(answer.body);
  expect(problem).toMatchObject({ code, status });
  expect(problem.title).not.toBe("");
  expect(problem.detail).not.toBe("");
  return problem;
}
