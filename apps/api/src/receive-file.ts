import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { problem } from "./problem/problem-error.ts";

export interface ReceivedFile {
  sha256: string;
  bytes: number;
}

/**
 * Writes an upload to a new file, hashing on the way. It becomes a blob only once it has been found
 * valid; until then it is a temporary file of this request alone. The caller removes it.
 *
 * @throws ProblemError when there is more than `maxBytes`, or the client went away
 */
export async function receiveFile(
  source: Readable,
  path: string,
  maxBytes: number,
): Promise<ReceivedFile> {
  const hash = createHash("sha256");
  let bytes = 0;
  const file = await open(path, "wx");
  try {
    // destroyOnReturn false: destroying the request would take the connection, and the answer 413, with it.
    for await (const chunk of source.iterator({
      destroyOnReturn: false,
    }) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw uploadTooLarge(maxBytes);
      hash.update(chunk);
      await file.writeFile(chunk);
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ECONNRESET")
      throw problem("invalid_request", "the upload ended before it was complete");
    throw error;
  } finally {
    await file.close();
  }
  return { sha256: hash.digest("hex"), bytes };
}

export function uploadTooLarge(maxBytes: number) {
  return problem("body_too_large", `an upload may have at most ${maxBytes} bytes`);
}
