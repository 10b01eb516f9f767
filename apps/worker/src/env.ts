import { availableParallelism } from "node:os";

/** With less a trainer cannot even start: Node's own reservations take about 700 MB. */
const MIN_TRAINER_MB = 1024;

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
    slots: count("WORKER_SLOTS", availableParallelism()),
    trainerMemoryMb: env.TRAINER_MEMORY_MB ? count("TRAINER_MEMORY_MB", 0, MIN_TRAINER_MB) : null,
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

function count(name: string, fallback: number, minimum = 1): number {
  const value = number(name, fallback);
  if (!Number.isInteger(value) || value < minimum)
    throw new Error(`${name} must be a whole number from ${minimum} up, not ${process.env[name]}`);
  return value;
}
