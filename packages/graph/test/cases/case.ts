import { uniformInt } from "pure-rand/distribution/uniformInt";
import { mersenne } from "pure-rand/generator/mersenne";
import type { ForwardGraph, ForwardOp, Value } from "../../src/graph.ts";
import type { Double } from "../double/tensor.ts";

/** One use of one operator on float32 inputs of these shapes, of which all are differentiated. */
export interface Case {
  name: string;
  shapes: number[][];
  apply: (graph: ForwardGraph, inputs: Value[]) => Value;
  /** Which of the inputs have the batch axis as their first; none unless told. */
  rows?: number[];
  /** Only positive numbers, for what is not defined elsewhere. */
  positive?: true;
  /** What the int32 inputs that `apply` adds are fed, by their names. */
  integers?: Record<string, Double>;
}

export type Cases<O extends ForwardOp> = Record<O, Case[]>;

export const named = (shapes: number[][]) => shapes.map((shape) => `[${shape.join()}]`).join(" ");

/** Whole numbers from `low` to `high`, both included. */
export function randomInteger(seed: number): (low: number, high: number) => number {
  const random = mersenne(seed);
  return (low, high) => uniformInt(random, low, high);
}

/** Shapes that broadcast to the first of them: every other has its length, or 1, or the axis is left out. */
export function randomBroadcast(inputs: number, seed: number): number[][] {
  const integer = randomInteger(seed);
  const wide = Array.from({ length: integer(1, 4) }, () => integer(2, 4));
  const narrow = () =>
    wide.map((length) => (integer(0, 2) === 0 ? 1 : length)).slice(integer(0, wide.length));
  return [wide, ...Array.from({ length: inputs - 1 }, narrow)];
}
