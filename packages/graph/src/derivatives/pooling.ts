import {
  averagePool,
  convTranspose,
  countWindows,
  div,
  expandLike,
  flat,
  maxUnpool,
  reshape,
  scalar,
  scatterAdd,
} from "../append-nodes.ts";
import { addConstant, type Graph, type Node, type PoolAttributes, type Value } from "../graph.ts";
import { countRemainders } from "./count-remainders.ts";
import type { DerivativeRules } from "./derivative-rule.ts";

export const POOLING: DerivativeRules<"MaxPool" | "AveragePool" | "GlobalAveragePool"> = {
  // dx is dy at the place the maximum came from, the first of several, and 0 elsewhere. An input that is
  // the maximum of several overlapping windows gets the sum.
  MaxPool: (graph, { inputs: [x], outputs: [, indices], attributes }, dy) => [
    () => {
      const { kernel_shape, strides } = attributes;
      if (!overlaps(attributes))
        return maxUnpool(graph, dy, indices!, x!, { kernel_shape, strides });
      const places = flat(graph, indices!);
      const sums = scatterAdd(graph, flat(graph, dy), places, flat(graph, x!));
      return reshape(graph, sums, x!.shape);
    },
  ],

  // Each window hands dy / its length to every element it is the mean of.
  AveragePool: (graph, node, dy) => [() => averagePoolDerivative(graph, node, dy)],

  // dx = dy / the number of elements of a channel
  GlobalAveragePool: (graph, { inputs: [x] }, dy) => [
    () => {
      const count = x!.shape.slice(2).reduce<number>((product, axis) => product * Number(axis), 1);
      return expandLike(graph, div(graph, dy, scalar(graph, count)), x!);
    },
  ],
};

/** Whether windows share inputs; padded ones count as if, since MaxUnpool refuses shapes with padding. */
function overlaps({ kernel_shape, strides, pads }: PoolAttributes): boolean {
  return (
    strides.some((stride, axis) => stride < kernel_shape[axis]!) || pads.some((zeros) => zeros > 0)
  );
}

/**
 * The transposed convolution of dy / lengths by a window of ones, every channel for itself. Windows that
 * reach into padding which does not count are shorter than the others.
 */
function averagePoolDerivative(
  graph: Graph,
  { inputs: [x], attributes }: Node<"AveragePool">,
  dy: Value,
): Value {
  const { kernel_shape, strides, pads } = attributes;
  const spatial = dy.shape.slice(2).map(Number);
  const window = kernel_shape.reduce((product, length) => product * length, 1);
  const lengths = multiply(kernel_shape.map((_, axis) => windowLengths(x!, attributes, axis)));
  const shares = lengths.every((length) => length === window)
    ? dy
    : div(
        graph,
        dy,
        addConstant(
          graph,
          Float32Array.from(lengths, (n) => n / window),
          spatial,
        ),
      );
  // At stride 1 that is the average of dy over the windows that reach all of it: faster in onnxruntime.
  if (strides.every((stride) => stride === 1))
    return averagePool(graph, shares, {
      ...attributes,
      pads: pads.map((zeros, i) => kernel_shape[i % kernel_shape.length]! - 1 - zeros),
      count_include_pad: 1,
    });
  const kernel = new Float32Array(window).fill(1 / window);
  const dx = convTranspose(
    graph,
    reshape(graph, shares, ["rows", 1, ...spatial]),
    addConstant(graph, kernel, [1, 1, ...kernel_shape]),
    {
      kernel_shape,
      strides,
      pads,
      dilations: kernel_shape.map(() => 1),
      output_padding: countRemainders(x!, attributes),
    },
  );
  return reshape(graph, dx, x!.shape);
}

/** For each window along one axis, how many elements it takes the mean over. */
function windowLengths(
  x: Value,
  { kernel_shape, strides, pads, count_include_pad }: Node<"AveragePool">["attributes"],
  axis: number,
): number[] {
  const [kernel, length] = [kernel_shape[axis]!, Number(x.shape[axis + 2])];
  const windows = countWindows(x, { kernel_shape, strides, pads })[axis]!;
  return Array.from({ length: windows }, (_, i) => {
    const begin = i * strides[axis]! - pads[axis]!;
    if (count_include_pad) return kernel;
    return Math.min(begin + kernel, length) - Math.max(begin, 0);
  });
}

/** The products of one number of each axis, the last axis running fastest. */
function multiply(axes: number[][]): number[] {
  return axes.reduce(
    (products, lengths) => products.flatMap((product) => lengths.map((n) => product * n)),
    [1],
  );
}
