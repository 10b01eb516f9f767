/** A typed array that grows by whole chunks: nothing is copied, and at most one chunk is partly empty. */
export interface GrowingArray<T extends Float64Array | Uint32Array> {
  chunks: T[];
  /** Elements used in the last chunk. */
  used: number;
  create: (length: number) => T;
}

/** Small first, since a table may have 100,000 columns; then doubling up to this. */
const FIRST_CHUNK = 64;
const LARGEST_CHUNK = 65_536;

export function createGrowingArray<T extends Float64Array | Uint32Array>(
  create: (length: number) => T,
): GrowingArray<T> {
  return { chunks: [create(FIRST_CHUNK)], used: 0, create };
}

export function append<T extends Float64Array | Uint32Array>(
  array: GrowingArray<T>,
  value: number,
): void {
  let chunk = array.chunks[array.chunks.length - 1]!;
  if (array.used === chunk.length) {
    chunk = array.create(Math.min(2 * chunk.length, LARGEST_CHUNK));
    array.chunks.push(chunk);
    array.used = 0;
  }
  chunk[array.used++] = value;
}

/** The chunks cut to what is used. */
export function usedChunks<T extends Float64Array | Uint32Array>(array: GrowingArray<T>): T[] {
  const last = array.chunks.length - 1;
  return array.chunks.map((chunk, i) =>
    i === last ? (chunk.subarray(0, array.used) as T) : chunk,
  );
}
