import type { AnyGraph, ConvAttributes, Ops, PoolAttributes, Value } from "../graph.ts";
import { append, appendNode, fixedLength } from "./append-node.ts";

/** The largest of each window of [rows, channels, ...]; padding never wins. */
export function maxPool(graph: AnyGraph, x: Value, attributes: PoolAttributes): Value {
  const shape = [...x.shape.slice(0, 2), ...countWindows(x, attributes)];
  const outputs = [
    { type: "float32", shape },
    { type: "int64", shape },
  ] as const;
  return appendNode(graph, "MaxPool", [x], attributes, outputs)[0]!;
}

/** The mean of each window of [rows, channels, ...]; padding counts as zeros or not at all. */
export function averagePool(graph: AnyGraph, x: Value, attributes: Ops["AveragePool"]): Value {
  const shape = [...x.shape.slice(0, 2), ...countWindows(x, attributes)];
  return append(graph, "AveragePool", [x], attributes, shape);
}

/** The mean of each channel, [rows, channels, 1, ...]. */
export function globalAveragePool(graph: AnyGraph, x: Value): Value {
  const shape = x.shape.map((length, axis) => (axis < 2 ? length : 1));
  return append(graph, "GlobalAveragePool", [x], {}, shape);
}

/** How many whole windows fit along each axis after the first two. */
export function countWindows(
  x: Value,
  { kernel_shape, strides, pads, dilations }: PoolAttributes & Partial<ConvAttributes>,
): number[] {
  return kernel_shape.map((kernel, axis) => {
    const padded = fixedLength(x, axis + 2) + pads[axis]! + pads[axis + kernel_shape.length]!;
    const reach = (kernel - 1) * (dilations?.[axis] ?? 1) + 1;
    return Math.floor((padded - reach) / strides[axis]!) + 1;
  });
}
