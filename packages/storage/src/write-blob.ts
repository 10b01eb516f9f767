import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { BlobTooLarge } from "./blob-errors.ts";
import type { StoredBlob } from "./open-storage.ts";

/**
 * Writes all that `source` gives to a new file at `path`, hashing on the way.
 * The caller removes the file when this throws.
 */
export async function writeBlob(
  source: Readable,
  path: string,
  maxBytes: number,
): Promise<StoredBlob> {
  const hash = createHash("sha256");
  let bytes = 0;
  const file = await open(path, "wx");
  try {
    // destroyOnReturn false: the source is the caller's, who may still have to answer the request it is.
    for await (const chunk of source.iterator({ destroyOnReturn: false })) {
      const piece: Uint8Array = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      bytes += piece.byteLength;
      if (bytes > maxBytes) throw new BlobTooLarge(maxBytes);
      hash.update(piece);
      await file.writeFile(piece);
    }
  } finally {
    await file.close();
  }
  return { sha256: hash.digest("hex"), bytes };
}
