import type { AnyGraph, ConvAttributes, Ops, Value } from "../graph.ts";
import { append, fixedLength } from "./append-node.ts";
import { broadcastShapes } from "./broadcast.ts";
import { countWindows } from "./pooling.ts";

type Grouped<A> = Omit<A, "group"> & { group?: number };

/** alpha · op(a) · op(b) + beta · bias of two matrices, where op transposes if told to. */
export function gemm(
  graph: AnyGraph,
  a: Value,
  b: Value,
  {
    transA = 0,
    transB = 0,
    alpha = 1,
    beta = 1,
    bias,
  }: { transA?: 0 | 1; transB?: 0 | 1; alpha?: number; beta?: number; bias?: Value } = {},
): Value {
  const inputs = bias === undefined ? [a, b] : [a, b, bias];
  const shape = [a.shape[transA]!, b.shape[1 - transB]!];
  return append(graph, "Gemm", inputs, { transA, transB, alpha, beta }, shape);
}

/**
 * The product [..., m, k] · [..., k, n] = [..., m, n]; the axes before the last two broadcast.
 *
 * @throws Error when an input has fewer than two axes, or k is not one number
 */
export function matmul(graph: AnyGraph, a: Value, b: Value): Value {
  if (a.shape.length < 2 || b.shape.length < 2)
    throw new Error("a matrix product needs two axes of each input");
  if (a.shape.at(-1) !== b.shape.at(-2))
    throw new Error(`rows of ${a.shape.at(-1)} do not meet columns of ${b.shape.at(-2)}`);
  const batch = broadcastShapes([a, b].map(({ shape }) => ({ shape: shape.slice(0, -2) })));
  return append(graph, "MatMul", [a, b], {}, [...batch, a.shape.at(-2)!, b.shape.at(-1)!]);
}

/** The cross-correlation of [rows, channels, ...] with [filters, channels / group, ...kernel]. */
export function conv(
  graph: AnyGraph,
  input: Value,
  weight: Value,
  attributes: Grouped<ConvAttributes>,
  bias?: Value,
): Value {
  const inputs = bias === undefined ? [input, weight] : [input, weight, bias];
  const shape = [input.shape[0]!, weight.shape[0]!, ...countWindows(input, attributes)];
  return append(graph, "Conv", inputs, { group: 1, ...attributes }, shape);
}

/**
 * The input of a convolution that would send each output back along the weights it came by: of [rows,
 * filters, ...] and [filters, channels / group, ...kernel], it gives [rows, channels, ...].
 */
export function convTranspose(
  graph: AnyGraph,
  input: Value,
  weight: Value,
  attributes: Grouped<Ops["ConvTranspose"]>,
  bias?: Value,
): Value {
  const { kernel_shape, strides, dilations, pads, output_padding, group = 1 } = attributes;
  const inputs = bias === undefined ? [input, weight] : [input, weight, bias];
  const spatial = kernel_shape.map((kernel, axis) => {
    const spread = (fixedLength(input, axis + 2) - 1) * strides[axis]!;
    const reach = (kernel - 1) * dilations[axis]! + 1;
    const padded = pads[axis]! + pads[axis + kernel_shape.length]!;
    return spread + reach - padded + output_padding[axis]!;
  });
  const shape = [input.shape[0]!, fixedLength(weight, 1) * group, ...spatial];
  return append(graph, "ConvTranspose", inputs, { ...attributes, group }, shape);
}
