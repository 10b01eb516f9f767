import type { Hyper } from "@descent/contracts";
import { createTestDatabase, type TestDatabase } from "@descent/test/harness";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  closeDatabase,
  createJob,
  createOptimizer,
  type Database,
  deleteOptimizer,
  getJob,
  getOptimizer,
  listOptimizers,
  openDatabase,
} from "../src/index.ts";
import { exampleJob, readyDataset } from "./harness.ts";

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.url);
});
afterAll(async () => {
  await closeDatabase(db);
  await database.drop();
});

const TEXT = "# Mine\nhyper lr = 1e-3\nw -= lr * g\n";
const HYPERS: Hyper[] = [
  {
    name: "lr",
    kind: "number",
    // Doubles at the ends of what JSON in PostgreSQL must keep exactly.
    default: 1.7976931348623157e308,
    minimum: 5e-324,
    exclusive_minimum: true,
    maximum: null,
    exclusive_maximum: true,
  },
];
const rule = (name: string, text = TEXT) => ({ name, text, title: "Mine", hypers: HYPERS });

async function customJob(name: string, text = TEXT) {
  const job = exampleJob(await readyDataset(db));
  job.resolved.optimizer = { ...job.resolved.optimizer, rule: name, convention: "custom" };
  job.resolved.rule_text = text;
  return job;
}

test("a rule comes back as it was recorded; its name is taken from then on", async () => {
  const first = await createOptimizer(db, rule("mine"));
  if (first.result !== "created") throw new Error(first.result);
  expect(first.optimizer).toMatchObject({
    rule: "mine",
    convention: "custom",
    title: "Mine",
    text: TEXT,
    hypers: HYPERS,
    verified: null,
  });
  expect(await getOptimizer(db, "mine")).toEqual(first.optimizer);
  const again = await createOptimizer(db, rule("mine"));
  expect(again).toEqual({ result: "exists", optimizer: first.optimizer });
  // Line ends and what stands after the last word make no other rule.
  const typed = `${TEXT.replaceAll("\n", "\r\n")}\n `;
  expect(await createOptimizer(db, rule("mine", typed))).toEqual(again);
  const other = rule("mine", `${TEXT}w -= g\n`);
  expect(await createOptimizer(db, other)).toEqual({ result: "name_taken" });
  expect((await getOptimizer(db, "mine"))?.text).toBe(TEXT);
  expect(await getOptimizer(db, "nobody's")).toBeNull();
  expect(await getOptimizer(db, "a\u0000")).toBeNull();
});

test("twenty at once create one rule", async () => {
  const created = await Promise.all(
    Array.from({ length: 20 }, () => createOptimizer(db, rule("raced"))),
  );
  const results = created.map(({ result }) => result).sort();
  expect(results).toEqual(["created", ...new Array<string>(19).fill("exists")]);
});

test("an idempotency key answers what it created, even when that is gone", async () => {
  const idempotency = { key: "rule-key", bodySha256: "1" };
  const first = await createOptimizer(db, { ...rule("once"), idempotency });
  const replayed = await createOptimizer(db, { ...rule("once"), idempotency });
  if (!("optimizer" in first)) throw new Error(first.result);
  expect(replayed).toEqual({ result: "replayed", optimizer: first.optimizer });
  await deleteOptimizer(db, "once");
  expect((await createOptimizer(db, { ...rule("once"), idempotency })).result).toBe("replayed");
  expect(await getOptimizer(db, "once")).toBeNull();
  const other = { key: "rule-key", bodySha256: "2" };
  expect(await createOptimizer(db, { ...rule("twice"), idempotency: other })).toEqual({
    result: "key_reused",
  });
});

test("rules are listed by name, a page at a time", async () => {
  for (const name of ["z_a", "za", "z2", "z"]) await createOptimizer(db, rule(name));
  const names = async (after: string | null, limit: number) =>
    (await listOptimizers(db, { limit, after })).map((each) => each.rule);
  expect(await names("y", 10)).toEqual(["z", "z2", "z_a", "za"]);
  expect(await names("y", 2)).toEqual(["z", "z2"]);
  expect(await names("z2", 2)).toEqual(["z_a", "za"]);
  expect(await listOptimizers(db, { limit: 9, after: null, name: "z2" })).toHaveLength(1);
});

test("a rule that a job has used stays, and a job needs the very text it was resolved with", async () => {
  await createOptimizer(db, rule("used"));
  expect(await createJob(db, await customJob("used", "another text"))).toEqual({
    result: "rule_missing",
  });
  const created = await createJob(db, await customJob("used"));
  if (!("job" in created)) throw new Error(created.result);
  expect(created.job.resolved.rule_text).toBe(TEXT);
  expect(await deleteOptimizer(db, "used")).toBe("in_use");
  await db.pool.query("UPDATE jobs SET status = 'finished' WHERE id = $1", [created.job.id]);
  expect(await deleteOptimizer(db, "used")).toBe("in_use");
  await expect(db.pool.query("DELETE FROM optimizers WHERE name = 'used'")).rejects.toThrow(
    /jobs_custom_rule_fkey/,
  );
  // A row that a job locked and used is still the one that is there, not a new one.
  expect((await createOptimizer(db, rule("used"))).result).toBe("exists");
  expect(await deleteOptimizer(db, "nobody's")).toBe("not_found");
  expect(await deleteOptimizer(db, "a\u0000")).toBe("not_found");
  expect(await createJob(db, await customJob("nobody's"))).toEqual({ result: "rule_missing" });
});

test("deleting and using a rule at the same time: never a job without its rule", async () => {
  for (let round = 0; round < 20; round++) {
    const name = `contested_${round}`;
    await createOptimizer(db, rule(name));
    const job = await customJob(name);
    const [created, deletion] = await Promise.all([createJob(db, job), deleteOptimizer(db, name)]);
    const there = (await getOptimizer(db, name)) !== null;
    if ("job" in created) {
      expect([deletion, there]).toEqual(["in_use", true]);
      expect(await getJob(db, created.job.id)).not.toBeNull();
    } else expect([created.result, deletion, there]).toEqual(["rule_missing", "deleted", false]);
  }
});
