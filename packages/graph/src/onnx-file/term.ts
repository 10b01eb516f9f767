import type { Value } from "../graph.ts";
import type { OnnxElementType } from "./onnx-file.ts";

/** A whole number of a shape; the batch's is known by its name only. */
export type Length = number | "rows";

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

export function isKnown(term: Term): term is Known {
  return "data" in term;
}

export function isWhole(type: OnnxElementType): boolean {
  return type === "int32" || type === "int64";
}

/** The numbers of a known tensor. int64's beyond 2^53 are rounded: as bounds of a slice they say "to the end". */
export function lengthsOf({ data }: Known): Length[] {
  return Array.from(data, (number) => (number === "rows" ? number : Number(number)));
}
