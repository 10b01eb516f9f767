/// <reference path="../webassembly.d.ts" />
import type { Precision } from "@descent/contracts";

export const BYTES = { float32: 4, float64: 8 } as const;
export type Numbers<P extends Precision> = P extends "float64" ? Float64Array : Float32Array;

/** Arrays are padded to whole cache lines, so that every loop ends on a whole vector. */
const LINE = 64;
const PAGE = 65_536;
const MAX_PAGES = 65_536;

/** Scalars that loops read stand at the start of the memory, 8 bytes each; sums that loops write follow. */
export const MAX_UNIFORMS = 1024;
export const MAX_SUMS = 64;
export const SUMS_AT = 8 * MAX_UNIFORMS;
/** Masks of the first k lanes, k times 16 bytes further; those of all lanes come first. */
export const MASKS_AT = SUMS_AT + 8 * MAX_SUMS;
const ARRAYS_AT = MASKS_AT + 4 * 16;

/** One WebAssembly memory with named arrays of equal length. */
export interface Arena<P extends Precision = Precision> {
  memory: WebAssembly.Memory;
  precision: P;
  /** Elements in each array, and the bytes they take, padding included. */
  length: number;
  size: number;
  /** Byte offset of an array. */
  offset(name: string): number;
  view(name: string): Numbers<P>;
}

/** Elements [begin, begin + length) of every array; `begin` lies on a multiple of 16 bytes. */
export interface Range {
  begin: number;
  length: number;
}

/**
 * @throws RangeError where the arrays pass 4 GiB or the machine has no such memory
 */
export function createArena<P extends Precision>(
  names: readonly string[],
  length: number,
  precision: P,
): Arena<P> {
  if (!Number.isSafeInteger(length) || length < 0)
    throw new RangeError(`a model cannot have ${length} parameters`);
  // Each array begins a cache line further than the one before ends, so that equal indices of several
  // arrays do not fall into the same set of the cache.
  const size = Math.ceil((length * BYTES[precision]) / LINE) * LINE;
  const offsets = new Map(names.map((name, index) => [name, ARRAYS_AT + index * (size + LINE)]));
  const pages = Math.ceil((ARRAYS_AT + names.length * (size + LINE)) / PAGE);
  if (pages > MAX_PAGES)
    throw new RangeError(`${length} parameters with ${names.length} arrays need more than 4 GiB`);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  writeMasks(memory, precision);
  const offset = (name: string): number => {
    const found = offsets.get(name);
    if (found === undefined) throw new Error(`the arena has no array "${name}"`);
    return found;
  };
  const view = (name: string) =>
    (precision === "float64"
      ? new Float64Array(memory.buffer, offset(name), length)
      : new Float32Array(memory.buffer, offset(name), length)) as Numbers<P>;
  return { memory, precision, length, size, offset, view };
}

function writeMasks(memory: WebAssembly.Memory, precision: Precision): void {
  const lanes = 16 / BYTES[precision];
  const bytes = new Uint8Array(memory.buffer, MASKS_AT, lanes * 16).fill(0xff);
  for (let k = 1; k < lanes; k++) bytes.fill(0, k * 16 + k * BYTES[precision], (k + 1) * 16);
}
