import { FileFault } from "./file-fault.ts";
import { readUnzipped } from "./read-unzipped.ts";
import { takeBytes } from "./take-bytes.ts";

const LABELS = 0x00000801;
const HEADER_BYTES = 8;
const MAX_LABELS = 2 ** 28;

/** The labels of an IDX file as categories: the different labels in order ("0" to "9"), and each row's code. */
export interface IdxLabels {
  values: string[];
  codes: Uint32Array;
}

/** @throws FileFault when the file is not IDX labels, or shorter or longer than it says */
export async function readIdxLabels(path: string): Promise<IdxLabels> {
  const file = await takeBytes(readUnzipped(path, "the labels file"), HEADER_BYTES + MAX_LABELS);
  if (file.bytes.length < HEADER_BYTES)
    throw new FileFault("the labels file is shorter than its header");
  const magic = file.bytes.readUInt32BE(0);
  if (magic !== LABELS)
    throw new FileFault(
      `the labels file begins with 0x${magic.toString(16).padStart(8, "0")}; expected 0x00000801 (unsigned bytes [n])`,
    );
  const count = file.bytes.readUInt32BE(4);
  const labels = file.bytes.subarray(HEADER_BYTES);
  if (file.more || labels.length !== count) {
    const found = file.more ? "more" : String(labels.length);
    throw new FileFault(`the labels file announces ${count} labels, but has ${found}`);
  }
  const different = [...new Set(labels)].sort((a, b) => a - b);
  const code = new Uint32Array(256);
  for (const [position, label] of different.entries()) code[label] = position;
  return {
    values: different.map(String),
    codes: Uint32Array.from(labels, (label) => code[label]!),
  };
}
