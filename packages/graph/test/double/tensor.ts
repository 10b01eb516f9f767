import type { ForwardOp, Node } from "../../src/graph.ts";

/** A tensor in double precision, row-major; integers and truth are numbers too. */
export interface Double {
  shape: number[];
  data: Float64Array;
}

export type Operator<O extends ForwardOp> = (
  inputs: Double[],
  attributes: Node<O>["attributes"],
) => Double;
export type Operators<O extends ForwardOp> = { [K in O]: Operator<K> };

export function double(shape: number[], at?: (index: number) => number): Double {
  return { shape, data: Float64Array.from({ length: count(shape) }, (_, i) => at?.(i) ?? 0) };
}

/** A tensor of which every number is worked out from its place along each axis. */
export function doubleAt(shape: number[], at: (place: number[]) => number): Double {
  return double(shape, (index) => at(placeOf(index, shape)));
}

export function count(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Where the flat index lies along each axis. */
export function placeOf(index: number, shape: readonly number[]): number[] {
  const place: number[] = [];
  let rest = index;
  for (const length of shape.toReversed()) {
    place.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return place;
}

/** The number at a place; a tensor of fewer axes or of length 1 is repeated. */
export function numberAt({ shape, data }: Double, place: readonly number[]): number {
  let index = 0;
  for (const [axis, length] of shape.entries()) {
    const along = place[axis + place.length - shape.length]!;
    index = index * length + (length === 1 ? 0 : along);
  }
  return data[index]!;
}

/** All places of a tensor. */
export function places(shape: readonly number[]): number[][] {
  return Array.from({ length: count(shape) }, (_, index) => placeOf(index, shape));
}

/** The shape that shapes broadcast to: that of a tensor whose axes are as long as the longest. */
export function broadcast(shapes: readonly number[][]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) =>
    Math.max(...shapes.map((shape) => shape[axis - rank + shape.length] ?? 1)),
  );
}
