import { averagePool, globalAveragePool, maxPool } from "../../src/append-nodes.ts";
import type { PoolAttributes } from "../../src/graph.ts";
import type { Case, Cases } from "./case.ts";

/** Length of the input, size of the window, stride, zeros at begin and end: once per axis. */
type Axis = [length: number, size: number, stride: number, begin: number, end: number];

const WINDOWS: Axis[][] = [
  [
    [4, 2, 2, 0, 0],
    [6, 2, 2, 0, 0],
  ],
  [
    [5, 2, 2, 0, 0],
    [7, 2, 2, 0, 0],
  ],
  [
    [7, 2, 3, 0, 0],
    [8, 2, 3, 0, 0],
  ],
  [
    [5, 3, 1, 0, 0],
    [6, 3, 1, 0, 0],
  ],
  [
    [6, 3, 2, 0, 0],
    [7, 3, 2, 0, 0],
  ],
  [
    [4, 4, 4, 0, 0],
    [4, 4, 4, 0, 0],
  ],
  [
    [3, 1, 1, 0, 0],
    [4, 1, 1, 0, 0],
  ],
  [
    [6, 3, 2, 1, 1],
    [7, 3, 2, 1, 1],
  ],
  [
    [5, 3, 1, 1, 1],
    [4, 2, 1, 0, 1],
  ],
  [
    [5, 2, 2, 1, 0],
    [6, 3, 3, 1, 2],
  ],
  [[7, 3, 2, 1, 0]],
];

const poolCases = (pool: (attributes: PoolAttributes) => Case["apply"]): Case[] =>
  WINDOWS.map((axes) => ({
    name: axes
      .map(([length, size, stride, ...pads]) => `${length}: ${size}/${stride} + ${pads}`)
      .join(", "),
    shapes: [[3, 2, ...axes.map(([length]) => length)]],
    rows: [0],
    apply: pool({
      kernel_shape: axes.map(([, size]) => size),
      strides: axes.map(([, , stride]) => stride),
      pads: [...axes.map((axis) => axis[3]), ...axes.map((axis) => axis[4])],
    }),
  }));

export const POOLING: Cases<"MaxPool" | "AveragePool" | "GlobalAveragePool"> = {
  MaxPool: poolCases(
    (attributes) =>
      (graph, [x]) =>
        maxPool(graph, x!, attributes),
  ),
  AveragePool: ([0, 1] as const).flatMap((count_include_pad) =>
    poolCases(
      (attributes) =>
        (graph, [x]) =>
          averagePool(graph, x!, { ...attributes, count_include_pad }),
    ).map((sample) => ({ ...sample, name: `${sample.name}, pad counts ${count_include_pad}` })),
  ),
  GlobalAveragePool: [
    [3, 2, 4, 5],
    [2, 3, 4],
    [2, 3, 1, 1],
  ].map((shape) => ({
    name: `[${shape}]`,
    shapes: [shape],
    rows: [0],
    apply: (graph, [x]) => globalAveragePool(graph, x!),
  })),
};
