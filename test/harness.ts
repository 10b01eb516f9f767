import { migrateDatabase } from "@descent/db";
import pg from "pg";
import { inject } from "vitest";
// Says what `inject` gives.
import type {} from "./global-setup.ts";

export interface TestDatabase {
  /** A fresh, migrated PostgreSQL database. */
  url: string;
  /** A Redis database that no other test uses; null where Redis is not installed. */
  redisUrl: string | null;
  /** Open connections or not. */
  drop(): Promise<void>;
}

/** Creates the database of one test, or of one file, on the test run's PostgreSQL. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = inject("postgresUrl");
  const { number } = await one<{ number: number }>(
    server,
    "SELECT nextval('test_database')::int AS number",
  );
  await execute(server, `CREATE DATABASE test_${number} TEMPLATE template0`);
  const url = new URL(server);
  url.pathname = `/test_${number}`;
  await migrateDatabase(url.href);

  const redis = inject("redisUrl");
  return {
    url: url.href,
    redisUrl: redis === null ? null : `${redis}/${number}`,
    drop: () => execute(server, `DROP DATABASE test_${number} WITH (FORCE)`),
  };
}

export interface TestQueue {
  name: "postgres" | "redis";
}

/** The queue backends to run a suite on: `describe.each(testQueues())("on $name", (backend) => …)`. */
export function testQueues(): TestQueue[] {
  return inject("redisUrl") === null
    ? [{ name: "postgres" }]
    : [{ name: "postgres" }, { name: "redis" }];
}

/** Where a backend's queue is, for a test that uses the given database. */
export function queueLocation(
  backend: TestQueue,
  database: TestDatabase,
): { postgresUrl: string } | { redisUrl: string } {
  if (backend.name === "postgres") return { postgresUrl: database.url };
  if (database.redisUrl === null) throw new Error("this run has no Redis");
  return { redisUrl: database.redisUrl };
}

/** Runs one statement on a connection of its own. */
export async function execute(url: string, statement: string): Promise<void> {
  await query(url, statement);
}

async function one<Row extends pg.QueryResultRow>(url: string, statement: string): Promise<Row> {
  const { rows } = await query<Row>(url, statement);
  return rows[0]!;
}

async function query<Row extends pg.QueryResultRow>(url: string, statement: string) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await client.query<Row>(statement);
  } finally {
    await client.end();
  }
}

export { eventually } from "./eventually.ts";
