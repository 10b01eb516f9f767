import { open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import type { Column } from "@descent/contracts";
import type { Table, TableColumn } from "./table.ts";
import { MAGIC, PREFIX_BYTES, type TableHeader, TRAILER_BYTES } from "./table-file.ts";

/** The file is no table file, or is no longer what was written. */
export class CorruptTable extends Error {
  constructor(path: string, reason: string) {
    super(`the table file ${path} cannot be used: ${reason}`);
    this.name = "CorruptTable";
  }
}

/**
 * Reads a table file (table-file.ts). The columns are views into one buffer: nothing is parsed or copied.
 *
 * @throws CorruptTable when a single bit differs from what was written
 */
export async function readTable(path: string): Promise<Table> {
  const buffer = await readWhole(path);
  const bytes = Buffer.from(buffer);
  const dataEnd = bytes.length - TRAILER_BYTES;
  if (bytes.length < PREFIX_BYTES + TRAILER_BYTES || bytes.length % 8 !== 0)
    throw new CorruptTable(path, `it has ${bytes.length} bytes`);
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC))
    throw new CorruptTable(path, "it does not begin as a table file of version 1");
  if (crc32(bytes.subarray(0, dataEnd)) !== bytes.readUInt32LE(dataEnd))
    throw new CorruptTable(path, "its checksum is wrong");

  // From here on the file is bit for bit what `writeTable` wrote.
  const dataStart = PREFIX_BYTES + bytes.readUInt32LE(8);
  const header: TableHeader = JSON.parse(bytes.toString("utf8", PREFIX_BYTES, dataStart));
  const columns = header.profile.columns.map((column, index) => {
    const { offset, length } = header.columns[index]!;
    return viewColumn(column, buffer, dataStart + offset, length);
  });
  return { profile: header.profile, columns };
}

function viewColumn(
  column: Column,
  buffer: ArrayBuffer,
  offset: number,
  length: number,
): TableColumn {
  switch (column.kind) {
    case "number":
      return { kind: "number", values: new Float64Array(buffer, offset, length) };
    case "category":
      return { kind: "category", codes: new Uint32Array(buffer, offset, length) };
    case "image":
      return { kind: "image", pixels: new Uint8Array(buffer, offset, length) };
  }
}

/** Not fs.readFile: that refuses files over 2 GiB, and may place small ones at an unaligned offset. */
async function readWhole(path: string): Promise<ArrayBuffer> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const buffer = new ArrayBuffer(size);
    for (let at = 0; at < size; ) {
      const { bytesRead } = await file.read(
        new Uint8Array(buffer, at, Math.min(size - at, 2 ** 30)),
      );
      if (bytesRead === 0) throw new CorruptTable(path, "it became shorter while it was read");
      at += bytesRead;
    }
    return buffer;
  } finally {
    await file.close();
  }
}
