import { mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Moves a finished file to its place, durably: its content is synced before the rename and the folder's
 * entry after it. A blob already there is replaced by the same content, so two at once do no harm.
 */
export async function adoptFile(path: string, blobPath: string): Promise<void> {
  const folder = dirname(blobPath);
  const created = await mkdir(folder, { recursive: true });
  if (created !== undefined) await syncToDisk(dirname(folder));
  await syncToDisk(path);
  await rename(path, blobPath);
  await syncToDisk(folder);
}

async function syncToDisk(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
