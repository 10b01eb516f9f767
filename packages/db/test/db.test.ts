import { eventually, execute } from "@descent/test/eventually";
import { createTestDatabase, type TestDatabase } from "@descent/test/harness";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Prisma } from "../generated/client.ts";
import {
  claimJob,
  closeDatabase,
  createJob,
  type Database,
  deleteDataset,
  failJob,
  findModel,
  finishJob,
  getDataset,
  getJob,
  InvalidCursor,
  listDatasets,
  listEpochs,
  listen,
  listJobs,
  listQueued,
  migrateDatabase,
  openDatabase,
  recordEpochs,
  releaseJob,
  renewLease,
  requestCancel,
  selectCurves,
  selectRuns,
  takeBackExpired,
} from "../src/index.ts";
import { exampleJob, queuedJob, readyDataset } from "./harness.ts";

let database: TestDatabase;
let db: Database;
const by = (workerId: string, leaseSeconds = 60) => ({ workerId, leaseSeconds });
const engine = { descent: "0", onnxruntime: "0", node: "0", platform: "x", cpu: "y" };
const result = {
  outcome: "completed" as const,
  result_hash: "hash",
  engine,
  model_sha256: "a".repeat(64),
};

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.url);
});
afterAll(async () => {
  await closeDatabase(db);
  await database.drop();
});

test("two connections race for one job and one wins", async () => {
  const other = openDatabase(database.url);
  for (let round = 0; round < 20; round++) {
    const id = await queuedJob(db);
    const claims = await Promise.all([claimJob(db, id, by("a")), claimJob(other, id, by("b"))]);
    expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
  }
  await closeDatabase(other);
});

test("a stale attempt writes nothing", async () => {
  const id = await queuedJob(db);
  const first = (await claimJob(db, id, by("a")))!;
  await recordEpochs(db, first, [{ epoch: 1, values: { val_loss: 9 } }]);
  await releaseJob(db, first, { lost: false });
  const second = (await claimJob(db, id, by("b")))!;
  expect(second.attempt).toBe(2);
  expect((await listEpochs(db, id, { limit: 10 })).data).toEqual([]);

  expect(await recordEpochs(db, first, [{ epoch: 1, values: { val_loss: 7 } }])).toBe(false);
  expect(await finishJob(db, first, result)).toBe(false);
  expect(await renewLease(db, first, 60)).toBe("lost");
  expect(await releaseJob(db, first, { lost: true })).toBeNull();
  expect((await listEpochs(db, id, { limit: 10 })).data).toEqual([]);

  await recordEpochs(db, second, [{ epoch: 1, values: { val_loss: 5 } }]);
  expect((await findModel(db, id))?.sha256).toBeNull();
  expect(await finishJob(db, second, result)).toBe(true);
  expect(await findModel(db, id)).toMatchObject({ sha256: result.model_sha256 });
  expect(await finishJob(db, second, result)).toBe(false);
  expect(await getJob(db, id)).toMatchObject({
    status: "finished",
    attempt: 2,
    result_hash: "hash",
  });
});

test("an expired lease is taken back, and given up after too many attempts", async () => {
  const id = await queuedJob(db);
  const cancelled = await queuedJob(db);
  await claimJob(db, id, by("a", 0));
  await claimJob(db, cancelled, by("a", 0));
  expect(await requestCancel(db, cancelled)).toBe("requested");
  const taken = await takeBackExpired(db, { limit: 100, maxLosses: 2 });
  expect(taken.requeued).toEqual([{ id, attempt: 1 }]);
  expect((await getJob(db, cancelled))?.status).toBe("cancelled");
  expect(await listQueued(db, { olderThanSeconds: 0, limit: 1000 })).toContainEqual({
    id,
    attempt: 1,
  });
  await claimJob(db, id, by("a", 0));
  expect((await takeBackExpired(db, { limit: 100, maxLosses: 2 })).failed).toEqual([id]);
  expect((await getJob(db, id))?.error?.code).toBe("worker_lost");
});

test("handing a job back costs it nothing; what is lost three times is given up", async () => {
  const id = await queuedJob(db);
  for (let time = 0; time < 5; time++)
    await releaseJob(db, (await claimJob(db, id, by("a")))!, { lost: false });
  const claim = (await claimJob(db, id, by("a")))!;
  expect(claim).toMatchObject({ attempt: 6, losses: 0 });
  await releaseJob(db, claim, { lost: true });
  expect(await claimJob(db, id, by("a", 0))).toMatchObject({ attempt: 7, losses: 1 });
  const limits = { limit: 100, maxLosses: 3 };
  expect((await takeBackExpired(db, limits)).requeued).toEqual([{ id, attempt: 7 }]);
  expect(await claimJob(db, id, by("a", 0))).toMatchObject({ losses: 2 });
  expect((await takeBackExpired(db, limits)).failed).toEqual([id]);
});

test("one Idempotency-Key makes one job, also when two requests race", async () => {
  const job = exampleJob(await readyDataset(db));
  const idempotency = { key: "k1", bodySha256: "aa" };
  const answers = await Promise.all([1, 2, 3].map(() => createJob(db, { ...job, idempotency })));
  const ids = answers.map((answer) => ("job" in answer ? answer.job.id : answer.result));
  expect(new Set(ids).size).toBe(1);
  expect(answers.filter(({ result }) => result === "created")).toHaveLength(1);
  const other = await createJob(db, { ...job, idempotency: { key: "k1", bodySha256: "bb" } });
  expect(other.result).toBe("key_reused");
});

test("every double comes back as it went in, and what is not finite by its name", async () => {
  const id = await queuedJob(db);
  const claim = (await claimJob(db, id, by("a")))!;
  const values = [
    1e300,
    5e-324,
    0.1 + 0.2,
    -1.7976931348623157e308,
    Number.NaN,
    -Infinity,
    Infinity,
  ];
  const epochs = values.map((value, index) => ({
    epoch: index + 1,
    values: { train_loss: value },
  }));
  await recordEpochs(db, claim, epochs);
  await recordEpochs(db, claim, epochs); // again: nothing changes
  const { data } = await listEpochs(db, id, { limit: 100 });
  expect(data.map((epoch) => epoch.train_loss)).toEqual([...values.slice(0, 4), null, null, null]);
  expect(data.slice(4).map((epoch) => epoch.non_finite?.train_loss)).toEqual([
    "nan",
    "-infinity",
    "infinity",
  ]);
  expect((await getJob(db, id))?.summary.train_loss).toEqual({
    last: null,
    min: -1.7976931348623157e308,
    min_epoch: 4,
    max: 1e300,
    max_epoch: 1,
  });
});

test("pages neither skip nor repeat while jobs are added", async () => {
  const tags = { list: "pages" };
  const ids: string[] = [];
  for (let i = 0; i < 7; i++) ids.push(await queuedJob(db, 3, tags));
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listJobs(db, { limit: 3, tags, cursor });
    seen.push(...page.data.map(({ id }) => id));
    cursor = page.next_cursor ?? undefined;
    await queuedJob(db, 3, tags);
  } while (cursor);
  expect(seen).toEqual(ids.toReversed());
  await expect(listJobs(db, { limit: 3, cursor: "zzz" })).rejects.toThrow(InvalidCursor);
  const datasets = await listDatasets(db, { limit: 2 });
  const next = await listDatasets(db, { limit: 2, cursor: datasets.next_cursor! });
  expect(new Set([...datasets.data, ...next.data].map(({ id }) => id)).size).toBe(4);
});

test("a data set in use stays, one without jobs goes with its blobs", async () => {
  const datasetId = await readyDataset(db);
  const created = await createJob(db, exampleJob(datasetId));
  if (!("job" in created)) throw new Error(created.result);
  expect((await deleteDataset(db, datasetId)).result).toBe("in_use");
  expect(await requestCancel(db, created.job.id)).toBe("cancelled");
  expect(await requestCancel(db, created.job.id)).toBe("already_ended");
  expect(await requestCancel(db, "job_nope")).toBe("not_found");
  // Other data sets of this test database have the same content, so its blobs are nobody's orphans.
  expect(await deleteDataset(db, datasetId)).toEqual({ result: "deleted", orphanedBlobs: [] });
  expect(await getDataset(db, datasetId)).toBeNull();
  expect((await createJob(db, exampleJob(datasetId))).result).toBe("dataset_missing");
});

test("the end of a job is announced", async () => {
  const heard: string[] = [];
  const listener = await listen(
    database.url,
    (channel, id) => heard.push(`${channel} ${id}`),
    () => {},
  );
  const id = await queuedJob(db);
  const claim = (await claimJob(db, id, by("a")))!;
  await requestCancel(db, id);
  await failJob(db, claim, { code: "internal", message: "", hint: "", retryable: false });
  await eventually(async () => heard.length >= 2);
  expect(heard).toEqual([`job_cancel ${id}`, `job_ended ${id}`]);
  await listener.close();
});

test("comparison runs: best, last, epochs and seconds to the target", async () => {
  const id = await queuedJob(db, 4, { experiment: "runs" });
  const claim = (await claimJob(db, id, by("a")))!;
  const accuracies = [0.5, 0.93, 0.95, 0.91];
  const epochs = accuracies.map((val_accuracy, i) => ({
    epoch: i + 1,
    values: { val_accuracy, seconds: 0.25 },
  }));
  await recordEpochs(db, claim, epochs.slice(0, 2));
  await recordEpochs(db, claim, epochs.slice(2));
  const filter = { tags: { experiment: "runs" } };
  const [best] = await selectRuns(db, { filter, metric: "val_accuracy", target: 0.92 });
  expect(best).toMatchObject({ id, value: 0.95, epochsToTarget: 2, secondsToTarget: 0.5 });
  const [last] = await selectRuns(db, { filter, metric: "val_accuracy", select: "last" });
  expect(last).toMatchObject({ value: 0.91, epochsToTarget: null, secondsToTarget: null });
  const curves = await selectCurves(db, [id], "val_accuracy");
  expect(curves).toEqual({
    metric: "val_accuracy",
    epochs: [1, 2, 3, 4],
    curves: [{ job: id, values: accuracies }],
  });
});

test("migrations run once, and refuse a database that knows more or differs", async () => {
  expect(await migrateDatabase(database.url)).toEqual([]);
  const changed = await createTestDatabase();
  await execute(changed.url, "UPDATE _prisma_migrations SET checksum = 'x'");
  await expect(migrateDatabase(changed.url)).rejects.toThrow(/was changed after/);
  await execute(changed.url, "UPDATE _prisma_migrations SET migration_name = 'later'");
  await expect(migrateDatabase(changed.url)).rejects.toThrow(/does not know/);
  await changed.drop();
});

test("schema.prisma and the migrations describe the same tables", async () => {
  const { rows } = await db.pool.query<{ table: string; columns: string[] }>(
    `SELECT table_name AS table, array_agg(column_name::text ORDER BY column_name::text) AS columns
     FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_prisma_migrations'
     GROUP BY table_name ORDER BY table_name`,
  );
  const { readFile } = await import("node:fs/promises");
  const schema = await readFile(new URL("../../../prisma/schema.prisma", import.meta.url), "utf8");
  const models = [...schema.matchAll(/^model (\w+) \{\n([\s\S]*?)^\}/gm)].map(([, , body]) => ({
    table: /@@map\("(\w+)"\)/.exec(body!)![1],
    columns: [
      ...body!.matchAll(/^ {2}(\w+)\s+(String|Int|BigInt|Json|Boolean|Float|DateTime)\b(.*)$/gm),
    ]
      .map(([, field, , rest]) => /@map\("(\w+)"\)/.exec(rest!)?.[1] ?? field!)
      .sort(),
  }));
  expect(models.sort((a, b) => (a.table! < b.table! ? -1 : 1))).toEqual(rows);
  expect(Object.keys(Prisma.ModelName)).toHaveLength(rows.length);
});
