import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { identifyProcess } from "./process-identity.ts";
import { waitUntil } from "./wait-until.ts";

interface Owner {
  pid: number;
  /** Tells the owner from a later process with its pid. */
  started: string;
  url: string;
}

/** Another process runs the service on this folder. */
export class AlreadyRunning extends Error {
  constructor(folder: string, { pid, url }: Owner) {
    super(
      `Descent already runs from ${folder}: ${url} (pid ${pid}). Stop it first, or set DESCENT_HOME to another folder and PORT to another port.`,
    );
  }
}

/**
 * Makes this process the only one on the state folder, and writes `service.json` for the others to read.
 * The kernel takes the lock back when the process ends, however it ends, so nothing stale can stand in the way.
 *
 * @returns gives the folder up again; the lock is held as long as this function is
 * @throws AlreadyRunning
 */
export async function claimFolder(folder: string, url: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  let lock = tryLock(folder);
  let owner: Owner | null = null;
  // Between its lock and its service.json, the other one needs a moment.
  await waitUntil(async () => {
    if (lock) return true;
    owner = await findOwner(folder);
    if (owner) return true;
    lock = tryLock(folder);
    return lock !== null;
  }, 3000);
  if (owner) throw new AlreadyRunning(folder, owner);
  if (!lock) throw new Error(`Another process holds the lock ${join(folder, "service.lock")}.`);

  const held = lock;
  const file = join(folder, "service.json");
  const self = await identifyProcess(process.pid);
  await writeFile(file, `${JSON.stringify({ pid: process.pid, started: self?.started, url })}\n`);
  return async () => {
    await rm(file, { force: true });
    held.close();
  };
}

/** Node has no flock; SQLite's lock on a database file is the same, on every system. */
function tryLock(folder: string): DatabaseSync | null {
  const file = new DatabaseSync(join(folder, "service.lock"));
  try {
    file.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return file;
  } catch (error) {
    file.close();
    if (error instanceof Error && error.message.includes("locked")) return null;
    throw error;
  }
}

/** Who runs the service on this folder: null when nobody does. */
export async function findOwner(folder: string): Promise<Owner | null> {
  const text = await readFile(join(folder, "service.json"), "utf8").catch(() => "");
  const owner = parseOwner(text);
  if (owner === null) return null;
  const found = await identifyProcess(owner.pid);
  return found?.started === owner.started ? owner : null;
}

function parseOwner(text: string): Owner | null {
  try {
    const { pid, started, url } = JSON.parse(text);
    return Number.isInteger(pid) && typeof url === "string" ? { pid, started, url } : null;
  } catch {
    return null;
  }
}
