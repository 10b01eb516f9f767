import { availableParallelism } from "node:os";

/** What the api is told by its environment. */
export interface Settings {
  databaseUrl: string;
  redisUrl: string | null;
  storageUrl: string;
  host: string;
  port: number;
  apiKey: string | null;
  logLevel: string;
  maxParameters: number;
  maxThreads: number;
  maxUploadBytes: number;
}

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];
const GIBIBYTE = 2 ** 30;

/**
 * Reads and checks the environment (.env.example lists it).
 * @throws Error naming everything that is missing or wrong, in sentences for whoever runs the api
 */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Settings {
  const faults: string[] = [];
  const read = (name: string) => (env[name] === "" ? undefined : env[name]);
  const required = (name: string, what: string) => {
    const value = read(name);
    if (value === undefined) faults.push(`${name} is not set: ${what}.`);
    return value ?? "";
  };
  const whole = (name: string, fallback: number, least: number, most: number) => {
    const value = read(name);
    if (value === undefined) return fallback;
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < least || number > most)
      faults.push(`${name} must be a whole number from ${least} to ${most}, is "${value}".`);
    return number;
  };
  const settings: Settings = {
    databaseUrl: required("DATABASE_URL", "the PostgreSQL to use"),
    redisUrl: read("REDIS_URL") ?? null,
    storageUrl: required("STORAGE_URL", "the folder of blobs, as file:///…"),
    host: read("HOST") ?? "127.0.0.1",
    port: whole("PORT", 3000, 0, 65_535),
    apiKey: read("API_KEY") ?? null,
    logLevel: read("LOG_LEVEL") ?? "info",
    maxParameters: whole("MAX_PARAMETERS", 50_000_000, 1, 2 ** 31 - 1),
    maxThreads: whole("MAX_THREADS", availableParallelism(), 1, 1024),
    maxUploadBytes: whole("MAX_UPLOAD_BYTES", GIBIBYTE, 1, 1024 * GIBIBYTE),
  };
  if (!LOG_LEVELS.includes(settings.logLevel))
    faults.push(`LOG_LEVEL must be one of ${LOG_LEVELS.join(", ")}, is "${settings.logLevel}".`);
  if (!isLoopback(settings.host) && settings.apiKey === null)
    faults.push(
      `HOST is ${settings.host}, so others can reach this server: set API_KEY to a long random string, or HOST to 127.0.0.1.`,
    );
  if (faults.length > 0) throw new Error(faults.join("\n"));
  return settings;
}

/** Whether a host name or address can only mean this machine. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, "");
  return name === "localhost" || name === "::1" || /^127(\.\d{1,3}){3}$/.test(name);
}
