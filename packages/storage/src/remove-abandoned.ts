import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** No upload and no parsing takes a day: an older file's writer was killed. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;

/** Removes unfinished files that nobody writes any more; younger ones may belong to another process. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null); // finished or removed meanwhile
    if (found && Date.now() - found.mtimeMs > ABANDONED_AFTER_MS) await rm(path, { force: true });
  }
}
