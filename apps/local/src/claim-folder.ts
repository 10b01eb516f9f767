import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
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
  readonly url: string;

  constructor(folder: string, { pid, url }: Owner) {
    super(
      `Descent already runs from ${folder}: ${url} (pid ${pid}). Stop it first, or set DESCENT_HOME to another folder and PORT to another port.`,
    );
    this.url = url;
  }
}

/**
 * Makes this process the only one on the state folder, by creating `service.json` in it. What a killed
 * process left behind does not count.
 *
 * @returns gives the folder up again
 * @throws AlreadyRunning
 */
export async function claimFolder(folder: string, url: string): Promise<() => Promise<void>> {
  const file = join(folder, "service.json");
  const self = await identifyProcess(process.pid);
  const content = JSON.stringify({ pid: process.pid, started: self?.started ?? "", url });
  await mkdir(folder, { recursive: true, mode: 0o755 });
  for (;;) {
    try {
      await writeFile(file, `${content}\n`, { flag: "wx", mode: 0o644 });
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = await findOwner(folder);
    if (owner) throw new AlreadyRunning(folder, owner);
    await removeStale(file);
  }
}

/** Who runs the service on this folder: null when nobody does. */
export async function findOwner(folder: string): Promise<Owner | null> {
  const file = join(folder, "service.json");
  let owner: Owner | null = null;
  // Between its creation and its content there is a moment.
  await waitUntil(async () => {
    const text = await readFile(file, "utf8").catch(() => null);
    if (text === null) return true;
    owner = parseOwner(text);
    return owner !== null;
  }, 500);
  return owner !== null && (await isAlive(owner)) ? owner : null;
}

function parseOwner(text: string): Owner | null {
  try {
    const { pid, started, url } = JSON.parse(text);
    return Number.isInteger(pid) && typeof url === "string" ? { pid, started, url } : null;
  } catch {
    return null;
  }
}

async function isAlive({ pid, started }: Owner): Promise<boolean> {
  const found = await identifyProcess(pid);
  return found !== null && found.started === started;
}

/** Two may find the same stale file; the slower one must not remove what the faster one has just created. */
async function removeStale(file: string): Promise<void> {
  const aside = `${file}.${process.pid}`;
  await rename(file, aside).catch(() => {});
  const text = await readFile(aside, "utf8").catch(() => null);
  if (text === null) return;
  const owner = parseOwner(text);
  if (owner && (await isAlive(owner))) await rename(aside, file);
  else await rm(aside, { force: true });
}
