import type { Value } from "../graph.ts";
import type { OnnxElementType } from "./onnx-file.ts";

/** The batch's size, known by its name only, or so many times that: "rows*2". */
export type RowsLength = "rows" | `rows*${number}`;
/** A whole number of a shape. */
export type Length = number | RowsLength;

/** How many times the batch's size a length is; null where it is a number. */
export function rowsIn(length: Length): number | null {
  if (typeof length === "number") return null;
  return length === "rows" ? 1 : Number(length.slice("rows*".length));
}

/** So many times the batch's size. */
export function timesRows(times: number): RowsLength {
  return times === 1 ? "rows" : `rows*${times}`;
}

/**
 * A tensor whose numbers are known before a run: one of the file that no training moves, or what was worked out
 * from such and from shapes.
 */
export interface Known {
  type: OnnxElementType;
  shape: readonly number[];
  data: ArrayLike<Length | bigint>;
}

/** What a name of the file stands for: numbers that are known, or a value of the graph. */
export type Term = Known | Value;

/** Whether the numbers are known before a run. */
export function isKnown(term: Term): term is Known {
  return "data" in term;
}

/** Whether a type is one of whole numbers. */
export function isWhole(type: OnnxElementType): boolean {
  return type === "int32" || type === "int64";
}

/** The numbers of a known tensor. int64's beyond 2^53 are rounded: as bounds of a slice they say "to the end". */
export function lengthsOf({ data }: Known): Length[] {
  return Array.from(data, (number) => (typeof number === "string" ? number : Number(number)));
}
