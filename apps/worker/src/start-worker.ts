import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { closeDatabase, listen, migrateDatabase, openDatabase } from "@descent/db";
import { consume, openQueue } from "@descent/queue";
import { openStorage } from "@descent/storage";
import type { Logger } from "pino";
import type { Env } from "./env.ts";
import { type Deps, executeJob } from "./execute-job.ts";
import { CancelRequested, type Running, WorkerStopping } from "./lease.ts";
import { startSweeper } from "./sweep.ts";
import { startTrainers } from "./trainers.ts";

export interface RunningWorker {
  /** Hands running jobs back to the queue, then lets go of everything. */
  stop(): Promise<void>;
}

export async function startWorker(env: Env, log: Logger): Promise<RunningWorker> {
  const onError = (error: unknown) => log.warn({ err: error }, "a connection failed; trying again");
  await migrateDatabase(env.databaseUrl);
  const db = openDatabase(env.databaseUrl, { onError, poolSize: env.slots + 4 });
  const storage = await openStorage(env.storageUrl);
  const queue = await openQueue(env.queue, { onError, onWarning: (message) => log.warn(message) });
  const trainers = startTrainers({ slots: env.slots, memoryMb: env.trainerMemoryMb });
  const running = new Set<Running>();
  const workerId = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
  const { leaseSeconds } = env;
  const deps: Deps = {
    db,
    queue,
    storage,
    trainers,
    log,
    workerId,
    leaseSeconds,
    running,
  };

  const listener = await listen(
    env.databaseUrl,
    (channel, jobId) => {
      if (channel !== "job_cancel") return;
      for (const job of running)
        if (job.jobId === jobId) job.controller.abort(new CancelRequested());
    },
    onError,
  );
  const executing = new Set<Promise<void>>();
  const consumer = await consume(env.queue, { concurrency: env.slots, onError }, async (jobId) => {
    const execution = executeJob(deps, jobId);
    executing.add(execution);
    // Whatever could not be settled: its lease expires, and the sweeper takes the job back.
    await execution
      .catch((error) => log.error({ jobId, err: error }, "the job was left to the sweeper"))
      .finally(() => executing.delete(execution));
  });
  const sweeper = startSweeper(deps, env.sweepSeconds);
  log.info({ workerId, slots: env.slots, queue: queue.backend }, "worker ready");

  return {
    async stop() {
      await Promise.all([consumer.stop(), sweeper.stop()]);
      for (const { controller } of running) controller.abort(new WorkerStopping());
      await Promise.allSettled(executing);
      trainers.close();
      await Promise.allSettled([
        consumer.close(),
        queue.close(),
        listener.close(),
        closeDatabase(db),
      ]);
    },
  };
}
