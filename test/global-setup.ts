import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "@descent/local/embedded-postgres";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { startRedis } from "./start-redis.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The server's own database, as superuser; tests get fresh ones from harness.ts. */
    postgresUrl: string;
    redisUrl: string | null;
  }
}

/** Nothing here must survive a power cut. */
const FORGETFUL = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };

/** One PostgreSQL and, where redis-server is installed, one Redis for the whole run, in a temporary folder. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "descent-test-"));
  // PostgreSQL runs as another user when this is root.
  await chmod(folder, 0o711);
  const [postgres, redis] = await Promise.all([
    startPostgres(join(folder, "postgres"), { ...FORGETFUL, max_connections: "400" }),
    startRedis(join(folder, "redis")),
  ]);
  const stop = async () => {
    await Promise.all([postgres.stop(), redis?.stop()]);
    await rm(folder, { recursive: true, force: true });
  };
  if (redis === null) {
    if (process.env.CI) {
      await stop();
      throw new Error("redis-server is missing: CI tests both queue backends.");
    }
    process.stdout.write("redis-server is not installed: the Redis variants are left out.\n");
  }
  await numberDatabases(postgres.url);
  project.provide("postgresUrl", postgres.url);
  project.provide("redisUrl", redis?.url ?? null);
  return stop;
}

/** Tests in parallel processes take numbers from here, so that each has a Redis database of its own. */
async function numberDatabases(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query("CREATE SEQUENCE test_database");
  await client.end();
}
