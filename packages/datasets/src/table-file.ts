import type { DatasetProfile } from "@descent/contracts";

/*
 * The table file: a data set as columns, so that a job reads it with one read and parses nothing.
 * All numbers are little-endian, which every platform that onnxruntime-node is built for is.
 *
 *   offset 0            8 bytes   "DESCENT" and the version, a byte (1)
 *   offset 8            uint32    length of the header in bytes, a multiple of 8
 *   offset 12           uint32    0
 *   offset 16           header    JSON in UTF-8, spaces at its end: TableHeader
 *   after the header    columns   each at a multiple of 8 bytes, zeros between:
 *                                 number    float64 per row, NaN where missing
 *                                 category  uint32 per row, a position in the profile's `values`,
 *                                           0xffffffff where missing; nothing when `length` is 0
 *                                 image     uint8 per pixel, row by row as in the IDX file
 *   last 8 bytes        uint32    CRC-32 (as in gzip) of everything before
 *                       uint32    0
 */
export const MAGIC = Buffer.from("DESCENT\x01", "latin1");
export const PREFIX_BYTES = 16;
export const TRAILER_BYTES = 8;

/** `columns` follow `profile.columns`. `offset` counts bytes from the end of the header, `length` elements. */
export interface TableHeader {
  profile: DatasetProfile;
  columns: { offset: number; length: number }[];
}

/** Bytes per element of a column's data. */
export const ELEMENT_BYTES = { number: 8, category: 4, image: 1 } as const;

export const padded = (bytes: number) => Math.ceil(bytes / 8) * 8;
