import type { CategoryColumn, NumberColumn } from "@descent/contracts";
import type { ColumnInProgress } from "./column-in-progress.ts";
import { type GrowingArray, usedChunks } from "./growing-array.ts";
import { MISSING_CODE } from "./table.ts";

/** A column ready to be written: what the profile says of it, and its data in pieces. */
export interface FinishedColumn {
  profile: NumberColumn | CategoryColumn;
  chunks: (Float64Array | Uint32Array)[];
}

/** `rows` is how many the table has: a column without any value present has stored none yet. */
export function finishColumn(column: ColumnInProgress, rows: number): FinishedColumn {
  const { name, missing, firstMissingRow: first_missing_row } = column;
  if (column.kind === "category") {
    const { values, chunks } = sortCategories(column);
    return { profile: { name, kind: "category", values, missing, first_missing_row }, chunks };
  }
  const chunks =
    column.kind === null ? [new Float64Array(rows).fill(Number.NaN)] : usedChunks(column.values);
  const { min, max, mean } = summarise(chunks, column.present);
  const classes = wholeClasses(column.wholeValues, rows);
  return {
    profile: { name, kind: "number", min, max, mean, missing, first_missing_row, classes },
    chunks,
  };
}

/** Few and whole: the values of a number column that a job may also take for classes. */
function wholeClasses(values: Set<number> | null, rows: number): number[] | null {
  if (values === null || values.size < 2 || rows < 2 * values.size) return null;
  return [...values].sort((a, b) => a - b);
}

/**
 * Values in order: as numbers when all are numbers ("2" before "10"), otherwise by UTF-16 code unit,
 * which depends on no locale. The codes are rewritten to that order in place.
 */
function sortCategories(column: ColumnInProgress): { values: string[]; chunks: Uint32Array[] } {
  const { raw, texts, isNumber } = column.categories;
  if (raw === null) return { values: [], chunks: [] };
  const allNumbers = isNumber.every(Boolean);
  const order = texts
    .map((text, code) => ({ text, code }))
    .sort((a, b) => {
      const byNumber = allNumbers ? Number(a.text) - Number(b.text) : 0;
      return byNumber || (a.text < b.text ? -1 : 1);
    });
  const rank = new Uint32Array(texts.length);
  for (const [position, { code }] of order.entries()) rank[code] = position;
  const chunks = usedChunks(column.codes as GrowingArray<Uint32Array>);
  for (const codes of chunks)
    for (let i = 0; i < codes.length; i++)
      if (codes[i] !== MISSING_CODE) codes[i] = rank[codes[i]!]!;
  return { values: order.map(({ text }) => text), chunks };
}

function summarise(chunks: readonly Float64Array[], present: number) {
  if (present === 0) return { min: null, max: null, mean: null };
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const values of chunks) {
    for (const value of values) {
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  // The sum of numbers near the largest double overflows although their mean does not: divide first.
  const divideFirst = Math.max(-min, max) > Number.MAX_VALUE / present;
  const scale = divideFirst ? present : 1;
  const mean = compensatedSum(chunks, scale) / (divideFirst ? 1 : present);
  return { min, max, mean };
}

/** Neumaier's sum of the present values, each divided by `scale`: exact to the last digit or two for any length. */
function compensatedSum(chunks: readonly Float64Array[], scale: number): number {
  let sum = 0;
  let lost = 0;
  for (const values of chunks) {
    for (const each of values) {
      if (Number.isNaN(each)) continue;
      const value = each / scale;
      const next = sum + value;
      lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
      sum = next;
    }
  }
  return sum + lost;
}
