import type { AnyGraph, Axis, Value } from "../graph.ts";
import { append, axisFromFront, fixedLength, integers, scalar } from "./append-node.ts";
import { broadcastShapes } from "./broadcast.ts";
import { cast } from "./elementwise.ts";

/** Two axes: the product of those before `axis`, and of the rest. */
export function flatten(graph: AnyGraph, x: Value, axis = 1): Value {
  const at = axis < 0 ? axis + x.shape.length : axis;
  const shape = [product(x.shape.slice(0, at)), product(x.shape.slice(at))];
  return append(graph, "Flatten", [x], { axis: at }, shape, x.type);
}

/** Reshapes to `shape`, in which `rows` is worked out from the number of elements. */
export function reshape(graph: AnyGraph, x: Value, shape: readonly Axis[]): Value {
  const target = shape.map((axis) => (axis === "rows" ? -1 : axis));
  return append(graph, "Reshape", [x, integers(graph, target)], {}, shape, x.type);
}

/** Drops the axes given, which have the length 1. */
export function squeeze(graph: AnyGraph, x: Value, axes: readonly number[]): Value {
  const dropped = axes.map((axis) => axisFromFront(axis, x.shape.length));
  const shape = x.shape.filter((_, axis) => !dropped.includes(axis));
  return append(graph, "Squeeze", [x, integers(graph, dropped)], {}, shape, x.type);
}

/** Puts axes of length 1 in, at the places given as they are in the output. */
export function unsqueeze(graph: AnyGraph, x: Value, axes: readonly number[]): Value {
  const rank = x.shape.length + axes.length;
  const added = axes.map((axis) => axisFromFront(axis, rank));
  const own = x.shape.values();
  const shape = Array.from({ length: rank }, (_, axis) =>
    added.includes(axis) ? 1 : own.next().value!,
  );
  return append(graph, "Unsqueeze", [x, integers(graph, added)], {}, shape, x.type);
}

export function transpose(graph: AnyGraph, x: Value, perm: number[]): Value {
  const shape = perm.map((axis) => x.shape[axis]!);
  return append(graph, "Transpose", [x], { perm }, shape, x.type);
}

/**
 * Tensors one after the other along one axis.
 *
 * @throws Error when that is the batch axis
 */
export function concat(graph: AnyGraph, xs: readonly Value[], axis: number): Value {
  const first = xs[0]!;
  const at = axisFromFront(axis, first.shape.length);
  const total = xs.reduce((sum, x) => sum + fixedLength(x, at), 0);
  const shape = first.shape.with(at, total);
  return append(graph, "Concat", xs, { axis: at }, shape, first.type);
}

/**
 * The elements from `starts` up to before `ends`, both counted from the front, of the axes given; all of
 * the others.
 *
 * @throws Error when there are none, or an axis is the batch axis
 */
export function slice(
  graph: AnyGraph,
  x: Value,
  axes: readonly number[],
  starts: readonly number[],
  ends: readonly number[],
): Value {
  const shape = [...x.shape];
  for (const [i, axis] of axes.entries()) {
    if (starts[i]! < 0 || ends[i]! > fixedLength(x, axis) || starts[i]! >= ends[i]!)
      throw new Error(`axis ${axis} of ${x.name} has no elements ${starts[i]} to ${ends[i]}`);
    shape[axis] = ends[i]! - starts[i]!;
  }
  const inputs = [x, ...[starts, ends, axes].map((numbers) => integers(graph, numbers))];
  return append(graph, "Slice", inputs, {}, shape, x.type);
}

/** `begins[axis]` numbers of `value` before and `ends[axis]` after each axis. */
export function pad(
  graph: AnyGraph,
  x: Value,
  begins: readonly number[],
  ends: readonly number[],
  value = 0,
): Value {
  const shape = x.shape.map((length, axis) => {
    const added = begins[axis]! + ends[axis]!;
    return added === 0 ? length : fixedLength(x, axis) + added;
  });
  const inputs = [x, integers(graph, [...begins, ...ends]), scalar(graph, value)];
  return append(graph, "Pad", inputs, { mode: "constant" }, shape);
}

/** The rows of a table [entries, ...] that int32 or int64 indices of any shape name. */
export function gather(graph: AnyGraph, table: Value, indices: Value): Value {
  const shape = [...indices.shape, ...table.shape.slice(1)];
  return append(graph, "Gather", [table, indices], { axis: 0 }, shape, table.type);
}

/** Repeats x until it has the shape that x and `shape` broadcast to. */
export function expand(graph: AnyGraph, x: Value, shape: readonly number[]): Value {
  const wide = broadcastShapes([x, { shape }]);
  return append(graph, "Expand", [x, integers(graph, shape)], {}, wide, x.type);
}

/** Repeats x until it has the shape of `like`. */
export function expandLike(graph: AnyGraph, x: Value, like: Value): Value {
  return append(graph, "Expand", [x, shapeOf(graph, like)], {}, like.shape, x.type);
}

/** The lengths of the axes, which a run decides where one is the batch axis. */
export function shapeOf(graph: AnyGraph, x: Value): Value {
  const lengths = x.shape.filter((length) => length !== "rows");
  return lengths.length === x.shape.length
    ? integers(graph, lengths)
    : append(graph, "Shape", [x], {}, [x.shape.length], "int64");
}

/** How many elements x has, as a float32 scalar. */
export function countOf(graph: AnyGraph, x: Value): Value {
  return cast(graph, append(graph, "Size", [x], {}, [], "int64"), "float32");
}

function product(axes: readonly Axis[]): Axis {
  const lengths = axes.filter((length) => length !== "rows");
  const fixed = lengths.reduce((all, length) => all * length, 1);
  if (lengths.length === axes.length) return fixed;
  if (fixed !== 1) throw new Error("the batch axis does not flatten with others");
  return "rows";
}
