import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { claimFolder } from "./claim-folder.ts";
import { startPostgres } from "./embedded-postgres.ts";
import type { Env } from "./env.ts";
import { isPortFree } from "./free-port.ts";
import { type Supervised, supervise } from "./supervise.ts";
import { waitUntil } from "./wait-until.ts";

export interface Descent {
  url: string;
  /** Resolves, with a sentence, when the service cannot go on. */
  broken: Promise<string>;
  /** Worker first (it hands its jobs back), then the api, then the database. */
  stop(): Promise<void>;
}

export interface Place {
  folder: string;
  port: number;
}

export interface Voices {
  /** Takes the log lines of api and worker. */
  log(line: string): void;
  /** Takes sentences for the user. */
  say(sentence: string): void;
}

const API = fileURLToPath(new URL("../../api/src/main.ts", import.meta.url));
const WORKER = fileURLToPath(new URL("../../worker/src/main.ts", import.meta.url));
const READY_WITHIN_MS = 60_000;
/** A worker needs a moment to hand its jobs back; it gives up by itself after 10 s. */
const GRACE_MS = 12_000;

/**
 * Starts database, api and worker, and resolves when /readyz answers.
 *
 * @param signal stops a start that is under way
 * @throws Error with a sentence; nothing is left running then
 */
export async function startDescent(
  env: Env,
  { folder, port }: Place,
  voices: Voices,
  signal: AbortSignal,
): Promise<Descent> {
  const url = addressOf(env.host, port);
  const undo: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  };
  try {
    undo.push(await claimFolder(folder, url));
    if (!(await isPortFree(port, env.host)))
      throw new Error(`Port ${port} is taken; set PORT to another one, e.g. PORT=${port + 1}.`);

    const blobs = join(folder, "blobs");
    if (env.storageUrl === null) await mkdir(blobs, { recursive: true, mode: 0o700 });
    const broken: Promise<string>[] = [];
    let { databaseUrl } = env;
    if (databaseUrl === null) {
      const postgres = await startPostgres(join(folder, "postgres"));
      undo.push(postgres.stop);
      databaseUrl = postgres.url;
      const log = join(folder, "postgres", "server.log");
      broken.push(postgres.exited.then(() => `PostgreSQL stopped unexpectedly; see ${log}.`));
    }

    const programEnv = {
      ...env.inherited,
      DATABASE_URL: databaseUrl,
      STORAGE_URL: env.storageUrl ?? pathToFileURL(blobs).href,
      HOST: env.host,
      PORT: String(port),
    };
    const api = supervise({ name: "api", script: API, env: programEnv, ...voices });
    undo.push(() => api.stop(GRACE_MS));
    const worker = supervise({ name: "worker", script: WORKER, env: programEnv, ...voices });
    undo.push(() => worker.stop(GRACE_MS));

    await becomesReady(url, [api, worker], broken, signal);
    api.keepAlive();
    worker.keepAlive();
    return { url, broken: Promise.race(broken), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function becomesReady(
  url: string,
  programs: Supervised[],
  broken: Promise<string>[],
  signal: AbortSignal,
): Promise<void> {
  let failure: string | null = null;
  for (const fault of [...programs.map((program) => program.exitedEarly), ...broken]) {
    fault.then((sentence) => {
      failure ??= sentence;
    });
  }
  const settled = async () => failure !== null || signal.aborted || (await isReady(url));
  const inTime = await waitUntil(settled, READY_WITHIN_MS, 50);
  if (signal.aborted) throw new Error("Stopped while starting.");
  if (failure !== null) throw new Error(failure);
  if (!inTime) throw new Error(`${url}/readyz did not answer within ${READY_WITHIN_MS / 1000} s.`);
}

/** Whether the service at `url` says that its database and queue answer. */
export function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) }).then(
    (answer) => answer.ok,
    () => false,
  );
}

/** The URL under which this machine reaches a server that listens on `host`. */
export function addressOf(host: string, port: number): string {
  const everywhere: Record<string, string> = { "0.0.0.0": "127.0.0.1", "::": "[::1]" };
  const name = everywhere[host] ?? (host.includes(":") ? `[${host}]` : host);
  return `http://${name}:${port}`;
}
