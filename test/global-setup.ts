import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { freePort, startEmbeddedPostgres } from "../apps/local/src/embedded-postgres.ts";

declare module "vitest" {
  export interface ProvidedContext {
    postgresUrl: string;
    redisUrl: string | null;
  }
}

/** One PostgreSQL and one Redis for all tests; each test makes a database of its own (harness.ts). */
export default async function setup(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), "descent-test-"));
  await chmod(folder, 0o755);
  const [postgres, redis] = await Promise.all([
    startEmbeddedPostgres({ folder: join(folder, "postgres"), durable: false }),
    startRedis(folder),
  ]);
  project.provide("postgresUrl", postgres.url);
  project.provide("redisUrl", redis?.url ?? null);
  return async () => {
    redis?.process.kill("SIGKILL");
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

async function startRedis(folder: string): Promise<{ url: string; process: ChildProcess } | null> {
  if (spawnSync("redis-server", ["--version"]).error) {
    if (process.env.CI) throw new Error("CI needs redis-server for the tests of the Redis queue");
    process.stdout.write(
      "redis-server is not installed: the queue is tested on PostgreSQL alone\n",
    );
    return null;
  }
  const port = await freePort();
  const options = ["--maxmemory-policy", "noeviction", "--appendonly", "yes", "--save", ""];
  const redis = spawn("redis-server", ["--port", String(port), "--dir", folder, ...options], {
    stdio: "ignore",
  });
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const answered = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "error").then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (answered) return { url: `redis://127.0.0.1:${port}`, process: redis };
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
