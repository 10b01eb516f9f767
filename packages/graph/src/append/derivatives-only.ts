import { addConstant, type ConvAttributes, type Graph, type Ops, type Value } from "../graph.ts";
import { append, fixedLength, scalar } from "./append-node.ts";
import { expandLike, reshape, shapeOf } from "./shapes.ts";

/** −1, 0 or 1. */
export function sign(graph: Graph, x: Value): Value {
  return append(graph, "Sign", [x], {}, x.shape);
}

/** Where the largest of the last axis stands; the first of several. */
export function argMax(graph: Graph, x: Value): Value {
  const axis = x.shape.length - 1;
  return append(graph, "ArgMax", [x], { axis, keepdims: 0 }, x.shape.slice(0, axis), "int64");
}

/** For every class index a row of `depth` zeros with a one at the index. */
export function oneHot(graph: Graph, indices: Value, depth: number): Value {
  const inputs = [
    indices,
    addConstant(graph, Int32Array.of(depth), []),
    addConstant(graph, Float32Array.of(0, 1), [2]),
  ];
  return append(graph, "OneHot", inputs, { axis: -1 }, [...indices.shape, depth]);
}

/** Zeros in the shape of `like`, with every element of x put where its index says. No index may occur twice. */
export function maxUnpool(
  graph: Graph,
  x: Value,
  indices: Value,
  like: Value,
  attributes: Ops["MaxUnpool"],
): Value {
  return append(graph, "MaxUnpool", [x, indices, shapeOf(graph, like)], attributes, like.shape);
}

/**
 * Zeros in the shape of `like`, with every element of x added at the place along the first axis that
 * `indices`, in the shape of x, gives. One after the other in their order: equal bits in every run.
 */
export function scatterAdd(graph: Graph, x: Value, indices: Value, like: Value): Value {
  const zeros = expandLike(graph, scalar(graph, 0), like);
  const attributes = { axis: 0, reduction: "add" } as const;
  return append(graph, "ScatterElements", [zeros, indices, x], attributes, like.shape);
}

/** All elements in one row. */
export function flat(graph: Graph, x: Value): Value {
  return reshape(graph, x, ["rows"]);
}

/**
 * The derivative of a convolution by its weights.
 *
 * @param x what it took, [rows, channels, ...]
 * @param dy the derivative by what it gave, [rows, filters, ...]
 */
export function kernelDerivative(
  graph: Graph,
  x: Value,
  dy: Value,
  attributes: ConvAttributes,
): Value {
  const channels = fixedLength(x, 1) / attributes.group;
  const shape = [fixedLength(dy, 1), channels, ...attributes.kernel_shape];
  return append(graph, "KernelDerivative", [x, dy], attributes, shape);
}
