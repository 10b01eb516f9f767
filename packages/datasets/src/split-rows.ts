import { countParts } from "./count-parts.ts";
import { randomStream, SPLIT_STREAM, shuffle } from "./seeded-order.ts";

/** Row numbers of the two parts, each in the order of the file. */
export interface Split {
  training: Uint32Array;
  validation: Uint32Array;
}

/**
 * Splits rows into a training and a validation part, seeded.
 *
 * Each part has as many rows as `countParts` says. With classes the split is stratified by largest
 * remainders: class c of n_c rows gives floor(validation x n_c / rows) of them, and the rows still wanted
 * come one each from the classes with the largest remainders (the earlier class on a tie). A class gives
 * its last row only when no other class can give one: what is never trained on cannot be learned.
 *
 * @param classOf every row's class, or null for a plain random split
 * @param seed the job's `split_seed`
 * @throws Error with fewer than two rows
 */
export function splitRows(
  rows: number,
  classOf: Int32Array | null,
  fraction: number,
  seed: number,
): Split {
  if (rows < 2) throw new Error(`${rows} rows cannot be split into training and validation`);
  const parts = countParts(rows, fraction);
  const random = randomStream(seed, SPLIT_STREAM);
  const strata = groupRows(rows, classOf);
  const given =
    classOf === null
      ? [parts.validation]
      : allot(
          strata.map((stratum) => stratum.length),
          parts.validation,
        );

  const inValidation = new Uint8Array(rows);
  for (const [index, stratum] of strata.entries()) {
    shuffle(stratum, random);
    for (const row of stratum.subarray(0, given[index])) inValidation[row] = 1;
  }
  const split = {
    training: new Uint32Array(parts.training),
    validation: new Uint32Array(parts.validation),
  };
  const filled = { training: 0, validation: 0 };
  for (let row = 0; row < rows; row++) {
    const part = inValidation[row] === 1 ? "validation" : "training";
    split[part][filled[part]++] = row;
  }
  return split;
}

/** How many of each class go to validation: `wanted` in all. */
function allot(counts: readonly number[], wanted: number): number[] {
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const given = counts.map((count) => Math.floor((wanted * count) / rows));
  const remainder = (index: number) => (wanted * counts[index]!) % rows;
  const lastRow = (index: number) => (counts[index]! - given[index]! <= 1 ? 1 : 0);
  const missing = wanted - given.reduce((sum, count) => sum + count, 0);
  const order = [...counts.keys()]
    .filter((index) => counts[index]! > given[index]!)
    .sort((a, b) => lastRow(a) - lastRow(b) || remainder(b) - remainder(a) || a - b);
  for (const index of order.slice(0, missing)) given[index]! += 1;
  return given;
}

function groupRows(rows: number, classOf: Int32Array | null): Uint32Array[] {
  if (classOf === null) return [Uint32Array.from({ length: rows }, (_, row) => row)];
  const counts: number[] = [];
  for (const each of classOf) counts[each] = (counts[each] ?? 0) + 1;
  const strata = Array.from(counts, (count) => new Uint32Array(count ?? 0));
  const filled = strata.map(() => 0);
  for (let row = 0; row < rows; row++) {
    const each = classOf[row]!;
    strata[each]![filled[each]!++] = row;
  }
  return strata;
}
