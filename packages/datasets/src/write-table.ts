import { open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import type { DatasetProfile } from "@descent/contracts";
import { ELEMENT_BYTES, MAGIC, PREFIX_BYTES, padded, type TableHeader } from "./table-file.ts";

type Chunk = Float64Array | Uint32Array | Uint8Array;

/** A column's data, piece by piece; `length` is the number of elements that come. */
export interface ColumnData {
  length: number;
  chunks: Iterable<Chunk> | AsyncIterable<Chunk>;
}

/** Small columns are written together: a table may have 100,000 of them. */
const WRITE_BYTES = 2 ** 20;

/**
 * Writes a table file (table-file.ts) without ever holding it whole. The caller removes the file when
 * this throws.
 *
 * @param columns the data of `profile.columns`, in that order
 */
export async function writeTable(
  path: string,
  profile: DatasetProfile,
  columns: readonly ColumnData[],
): Promise<void> {
  const file = await open(path, "w");
  let crc = 0;
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  const flush = async () => {
    for (const bytes of waiting) crc = crc32(bytes, crc);
    if (waiting.length > 0) await file.writeFile(Buffer.concat(waiting));
    waiting = [];
    waitingBytes = 0;
  };
  const write = async (bytes: Uint8Array) => {
    waiting.push(bytes);
    waitingBytes += bytes.byteLength;
    if (waitingBytes >= WRITE_BYTES) await flush();
  };
  try {
    for (const bytes of headerBytes(profile, columns)) await write(bytes);
    for (const [index, { length, chunks }] of columns.entries()) {
      const expected = length * ELEMENT_BYTES[profile.columns[index]!.kind];
      let bytes = 0;
      for await (const chunk of chunks) {
        bytes += chunk.byteLength;
        await write(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      }
      if (bytes !== expected) throw new Error(`column ${index}: ${bytes} bytes, not ${expected}`);
      await write(new Uint8Array(padded(bytes) - bytes));
    }
    await flush();
    await file.writeFile(new Uint32Array([crc, 0]));
  } finally {
    await file.close();
  }
}

function headerBytes(profile: DatasetProfile, columns: readonly ColumnData[]): Uint8Array[] {
  let offset = 0;
  const header: TableHeader = { profile, columns: [] };
  for (const [index, { length }] of columns.entries()) {
    header.columns.push({ offset, length });
    offset += padded(length * ELEMENT_BYTES[profile.columns[index]!.kind]);
  }
  const json = Buffer.from(JSON.stringify(header));
  const text = Buffer.alloc(padded(json.length), " ");
  json.copy(text);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  MAGIC.copy(prefix);
  prefix.writeUInt32LE(text.length, 8);
  return [prefix, text];
}
