import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import { migrateDatabase } from "../packages/db/src/index.ts";

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/** A fresh, migrated database on the test run's PostgreSQL. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = inject("postgresUrl");
  const name = `test_${randomBytes(8).toString("hex")}`;
  await execute(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  await migrateDatabase(url.href);
  return { url: url.href, drop: () => execute(server, `DROP DATABASE ${name} WITH (FORCE)`) };
}

export interface TestQueue {
  name: "postgres" | "redis";
  /** Where this backend's queue is, for a test that uses the given database. Each Redis test gets a database of its own. */
  address(database: TestDatabase): { redisUrl: string } | { postgresUrl: string };
}

let redisDatabase = 0;

/** The queue backends to run a suite on. */
export function testQueues(): TestQueue[] {
  const redisUrl = inject("redisUrl");
  const postgres: TestQueue = { name: "postgres", address: ({ url }) => ({ postgresUrl: url }) };
  if (redisUrl === null) return [postgres];
  // Test files run in processes of their own: the process id keeps their databases apart.
  const next = () => (process.pid + redisDatabase++) % 16;
  return [postgres, { name: "redis", address: () => ({ redisUrl: `${redisUrl}/${next()}` }) }];
}

export async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

/** Waits until `check` gives a value; fails after `seconds`. */
export async function eventually<T>(
  check: () => Promise<T | null | undefined | false>,
  seconds = 30,
): Promise<T> {
  for (const deadline = Date.now() + seconds * 1000; ; ) {
    const value = await check();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`nothing came within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
