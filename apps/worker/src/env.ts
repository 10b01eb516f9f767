import { availableParallelism } from "node:os";

/** What the worker is told by its environment; .env.example describes each variable. */
export function readEnv() {
  const { env } = process;
  const databaseUrl = env.DATABASE_URL;
  const storageUrl = env.STORAGE_URL;
  if (!databaseUrl || !storageUrl)
    throw new Error(
      "DATABASE_URL and STORAGE_URL are needed; `npm start` sets both for the embedded default",
    );
  return {
    databaseUrl,
    storageUrl,
    queue: env.REDIS_URL ? { redisUrl: env.REDIS_URL } : { postgresUrl: databaseUrl },
    logLevel: env.LOG_LEVEL ?? "info",
    slots: number("WORKER_SLOTS", availableParallelism()),
    trainerThreads: number("TRAINER_THREADS", 1),
    trainerMemoryMb: env.TRAINER_MEMORY_MB ? number("TRAINER_MEMORY_MB", 0) : null,
    leaseSeconds: number("LEASE_SECONDS", 10),
    sweepSeconds: number("SWEEP_SECONDS", 2),
  };
}
export type Env = ReturnType<typeof readEnv>;

function number(name: string, fallback: number): number {
  const text = process.env[name];
  const value = text ? Number(text) : fallback;
  if (!(value > 0) || !Number.isFinite(value))
    throw new Error(`${name} must be a number above 0, not ${JSON.stringify(text)}`);
  return value;
}
