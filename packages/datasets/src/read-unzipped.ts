import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { FileFault } from "./file-fault.ts";

const CHUNK = 256 * 1024;

/** A small gzip can unpack to terabytes; more than this is refused while unpacking. */
const MAX_UNPACKED_BYTES = 16 * 2 ** 30;

/**
 * The content of a file in chunks, unpacked when it begins with gzip's magic bytes 1f 8b (RFC 1952).
 *
 * @param what how messages name the file
 * @throws FileFault when the gzip is damaged or cut short, or unpacks to more than 16 GiB
 */
export async function* readUnzipped(path: string, what: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK });
  if (!(await beginsWithGzipMagic(path))) return yield* file;
  // The gunzip carries any error of the pipeline; the callback only keeps it from being unhandled.
  const unzipped = pipeline(file, createGunzip({ chunkSize: CHUNK }), () => {});
  let bytes = 0;
  try {
    for await (const chunk of unzipped) {
      bytes += chunk.length;
      if (bytes > MAX_UNPACKED_BYTES)
        throw new FileFault(`${what} unpacks to more than ${MAX_UNPACKED_BYTES} bytes`);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && String(error.code).startsWith("Z_"))
      throw new FileFault(`${what} is a damaged gzip: ${error.message}`);
    throw error;
  }
}

/** Whether the file is a gzip, by its first two bytes. */
export async function beginsWithGzipMagic(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}
