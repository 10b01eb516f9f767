import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { StoredBlob } from "./open-storage.ts";

/** The SHA-256 and length of a file, read once from start to end. */
export async function hashFile(path: string): Promise<StoredBlob> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest("hex"), bytes };
}
