import { conv, convTranspose, gemm, matmul } from "../../src/append-nodes.ts";
import type { ForwardGraph, Value } from "../../src/graph.ts";
import { padAxis } from "../../src/pad-axis.ts";
import { type Case, type Cases, named, randomInteger } from "./case.ts";

const convCase = (
  [height, width]: [number, number],
  kernel: number,
  stride: number,
  padding: "same" | "valid",
): Case => ({
  name: `${height}x${width}, kernel ${kernel}, stride ${stride}, ${padding}`,
  shapes: [[3, 2, height, width], [4, 2, kernel, kernel], [4]],
  apply: (graph, [x, w, b]) => {
    const axes = [height, width].map((length) => padAxis(length, kernel, stride, padding));
    const attributes = {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      dilations: [1, 1],
      pads: [...axes.map(({ begin }) => begin), ...axes.map(({ end }) => end)],
    };
    return conv(graph, x!, w!, attributes, b!);
  },
});

/** Each axis has a kernel, stride, dilation and padding of its own. */
function randomWindows(seed: number, axes: number) {
  const integer = randomInteger(seed);
  const draw = (low: number, high: number) =>
    Array.from({ length: axes }, () => integer(low, high));
  const group = integer(1, 3);
  return {
    group,
    each: integer(1, 2),
    filters: group * integer(1, 2),
    lengths: draw(5, 7),
    attributes: {
      kernel_shape: draw(1, 3),
      strides: draw(1, 3),
      dilations: draw(1, 2),
      pads: draw(0, 1).concat(draw(0, 1)),
      group,
    },
  };
}

function randomConv(seed: number, spatial = 2): Case {
  const { group, each, filters, lengths, attributes } = randomWindows(seed, spatial);
  const shapes = [
    [2, group * each, ...lengths],
    [filters, each, ...attributes.kernel_shape],
    [filters],
  ];
  return {
    name: `${named(shapes)} ${JSON.stringify(attributes)}`,
    shapes,
    rows: [0],
    apply: (graph, [x, w, b]) => conv(graph, x!, w!, attributes, b!),
  };
}

function randomConvTranspose(seed: number): Case {
  const { group, each, filters, attributes } = randomWindows(seed, 2);
  const output_padding = attributes.strides.map((stride) => stride - 1);
  const shapes = [[2, filters, 4, 3], [filters, each, ...attributes.kernel_shape], [group * each]];
  return {
    name: `${named(shapes)} ${JSON.stringify(attributes)}`,
    shapes,
    rows: [0],
    apply: (graph, [x, w, b]) =>
      convTranspose(graph, x!, w!, { ...attributes, output_padding }, b!),
  };
}

const GROUPED: Case = {
  name: "every channel for itself",
  shapes: [
    [2, 3, 5, 4],
    [6, 1, 3, 3],
  ],
  rows: [0],
  apply: (graph, [x, w]) =>
    conv(graph, x!, w!, {
      kernel_shape: [3, 3],
      strides: [2, 1],
      dilations: [1, 1],
      pads: [1, 1, 1, 1],
      group: 3,
    }),
};

export const PRODUCTS: Cases<"Gemm" | "MatMul" | "Conv" | "ConvTranspose"> = {
  Gemm: ([0, 1] as const).flatMap((transA) =>
    ([0, 1] as const).flatMap((transB) =>
      [[5], [4, 5], [4, 1], []].map((bias) => ({
        name: `transA ${transA}, transB ${transB}, bias [${bias}]`,
        shapes: [transA ? [3, 4] : [4, 3], transB ? [5, 3] : [3, 5], bias],
        rows: transA || bias.length === 2 ? [] : [0],
        apply: (graph: ForwardGraph, [a, b, c]: Value[]) => {
          const scales = bias.length === 1 ? {} : { alpha: 0.7, beta: -1.3 };
          return gemm(graph, a!, b!, { transA, transB, bias: c!, ...scales });
        },
      })),
    ),
  ),
  MatMul: [
    {
      shapes: [
        [4, 3],
        [3, 5],
      ],
      rows: [0],
    },
    {
      shapes: [
        [4, 2, 3],
        [3, 5],
      ],
      rows: [0],
    },
    {
      shapes: [
        [4, 2, 2, 3],
        [3, 1],
      ],
      rows: [0],
    },
    {
      shapes: [
        [4, 2, 3],
        [4, 3, 2],
      ],
      rows: [0, 1],
    },
    {
      shapes: [
        [4, 2, 3],
        [1, 3, 2],
      ],
      rows: [0],
    },
    {
      shapes: [
        [2, 3],
        [4, 3, 5],
      ],
      rows: [1],
    },
    {
      shapes: [
        [2, 1, 2, 3],
        [4, 3, 2],
      ],
    },
    {
      shapes: [
        [1, 2, 3],
        [3, 2],
      ],
    },
  ].map((sample) => ({
    ...sample,
    name: named(sample.shapes),
    apply: (graph: ForwardGraph, [a, b]: Value[]) => matmul(graph, a!, b!),
  })),
  Conv: [
    convCase([5, 6], 3, 1, "valid"),
    convCase([5, 6], 3, 1, "same"),
    convCase([5, 6], 2, 1, "same"),
    convCase([7, 8], 3, 2, "valid"),
    convCase([7, 8], 3, 2, "same"),
    convCase([9, 6], 2, 3, "valid"),
    convCase([5, 7], 1, 3, "same"),
    convCase([8, 5], 5, 4, "same"),
    convCase([3, 2], 5, 1, "same"),
    convCase([4, 4], 4, 1, "valid"),
    GROUPED,
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((seed) => randomConv(seed)),
    ...[1, 2, 3].map((seed) => randomConv(seed, 1)),
  ],
  ConvTranspose: [1, 2, 3, 4, 5, 6].map(randomConvTranspose),
};
