import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import {
  closeDatabase,
  type Database,
  findModel,
  getJob,
  openDatabase,
  requestCancel,
} from "@descent/db";
import { openQueue, type Queue } from "@descent/queue";
import { openStorage } from "@descent/storage";
import { emptyQueue } from "@descent/test/empty-queue";
import { eventually, execute } from "@descent/test/eventually";
import {
  createTestDatabase,
  queueLocation,
  type TestDatabase,
  testQueues,
} from "@descent/test/harness";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Env } from "../src/env.ts";
import { type RunningWorker, startWorker } from "../src/start-worker.ts";
import {
  counted,
  createIrisJob,
  ended,
  epochNumbers,
  irisDataset,
  running,
  silent,
  spawnWorker,
  spoilTables,
  storageFolder,
  testEnv,
} from "./harness.ts";

describe.each(testQueues())("the worker on $name", (backend) => {
  let database: TestDatabase;
  let db: Database;
  let queue: Queue;
  let env: Env;
  let datasetId: string;
  let worker: RunningWorker | null;

  beforeEach(async () => {
    worker = null;
    database = await createTestDatabase();
    db = openDatabase(database.url);
    env = testEnv(database.url, queueLocation(backend, database), await storageFolder());
    queue = await openQueue(env.queue, { onError: () => {}, onWarning: () => {} });
    datasetId = await irisDataset(db, env.storageUrl);
  });
  afterEach(async () => {
    await worker?.stop();
    await queue.close();
    await closeDatabase(db);
    await database.drop();
  });

  const posted = async (epochs: number) => {
    const id = await createIrisJob(db, datasetId, epochs);
    await queue.deliver(id, 0);
    return id;
  };
  const trainedOnce = async (jobId: string, epochs: number, attempt: number) => {
    const job = await ended(db, jobId);
    expect(job).toMatchObject({ status: "finished", outcome: "completed", attempt, error: null });
    expect(job.result_hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await epochNumbers(db, jobId)).toEqual(counted(epochs));
    const storage = await openStorage(env.storageUrl);
    const model = await readFile(await storage.path((await findModel(db, jobId))!.sha256!));
    expect(model.includes(jobId)).toBe(true);
  };

  test("jobs are trained once each, also when delivered twice at the same time", async () => {
    worker = await startWorker(env, silent);
    const ids = await Promise.all(Array.from({ length: 12 }, () => posted(20)));
    await queue.deliverMany(ids.map((jobId) => ({ jobId, attempt: 77 })));
    for (const id of ids) await trainedOnce(id, 20, 1);
    const hashes = await Promise.all(ids.map(async (id) => (await getJob(db, id))?.result_hash));
    expect(new Set(hashes).size).toBe(1);
  });

  test("a trainer that is killed: another attempt finishes the job", async () => {
    worker = await startWorker(env, silent);
    const id = await posted(3000);
    await running(db, id);
    spawnSync("pkill", ["-9", "-P", String(process.pid), "-f", "worker/src/trainer.ts"]);
    await trainedOnce(id, 3000, 2);
  });

  test("a worker that is killed: another one finishes the job", async () => {
    const first = spawnWorker(env);
    const id = await posted(5000);
    await running(db, id);
    first.kill("SIGKILL");
    await once(first, "exit");
    worker = await startWorker(env, silent);
    await trainedOnce(id, 5000, 2);
  });

  test("a worker that is asked to stop hands its job back", async () => {
    const first = spawnWorker(env);
    const id = await posted(5000);
    await running(db, id);
    first.kill("SIGTERM");
    const [code] = await once(first, "exit");
    expect(code).toBe(0);
    expect((await getJob(db, id))?.status).toBe("queued");
    worker = await startWorker(env, silent);
    await trainedOnce(id, 5000, 2);
  });

  test("a queue that loses its contents: the sweeper delivers again", async () => {
    const id = await posted(10);
    await emptyQueue(env.queue);
    worker = await startWorker(env, silent);
    await trainedOnce(id, 10, 1);
  });

  test("a running job is cancelled, and the next one trains", async () => {
    worker = await startWorker(env, silent);
    const id = await posted(100_000);
    await running(db, id);
    expect(await requestCancel(db, id)).toBe("requested");
    expect((await ended(db, id)).status).toBe("cancelled");
    await trainedOnce(await posted(5), 5, 1);
  });

  test("a table whose bytes changed fails the job by that name", async () => {
    const id = await posted(5);
    await spoilTables(env.storageUrl);
    worker = await startWorker(env, silent);
    const job = await ended(db, id);
    expect(job).toMatchObject({ status: "failed", attempt: 1, error: { retryable: false } });
    expect(job.error?.code).toBe("dataset_unreadable");
  });

  test("an attempt that lost its job writes nothing more", async () => {
    worker = await startWorker(env, silent);
    const id = await posted(100_000);
    await running(db, id);
    // Somebody else took the job, as after a long pause of this worker.
    await execute(
      database.url,
      "UPDATE jobs SET attempt = 9, epochs_done = 0, lease_expires_at = now() + interval '1 hour'",
    );
    await execute(database.url, "DELETE FROM epochs");
    await eventually(async () => {
      const before = await epochNumbers(db, id);
      await new Promise((resolve) => setTimeout(resolve, 300));
      return before.length === (await epochNumbers(db, id)).length;
    });
    expect(await epochNumbers(db, id)).toEqual([]);
    expect(await getJob(db, id)).toMatchObject({ status: "running", attempt: 9 });
  });
});
