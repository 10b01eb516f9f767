import {
  add,
  concat,
  countOf,
  expand,
  expandLike,
  flatten,
  gather,
  mul,
  pad,
  reshape,
  slice,
  squeeze,
  transpose,
  unsqueeze,
} from "../../src/append-nodes.ts";
import { addInput, type ForwardGraph, type Value } from "../../src/graph.ts";
import { double } from "../double/tensor.ts";
import type { Cases } from "./case.ts";

const gatherCase = (table: number[], indices: number[], rows: boolean) => ({
  name: `[${indices}] of [${table}]`,
  shapes: [table],
  integers: { indices: double(indices, (i) => (i * i) % (table[0]! - 1)) },
  apply: (graph: ForwardGraph, [x]: Value[]) => {
    const shape = rows ? ["rows" as const, ...indices.slice(1)] : indices;
    return gather(graph, x!, addInput(graph, "indices", "int32", shape));
  },
});

export const SHAPES: Cases<
  | ("Flatten" | "Reshape" | "Squeeze" | "Unsqueeze" | "Expand" | "Transpose")
  | ("Concat" | "Slice" | "Gather" | "Pad" | "Shape" | "Size")
> = {
  Flatten: [
    {
      name: "an image",
      shapes: [[3, 2, 4, 5]],
      rows: [0],
      apply: (graph, [x]) => flatten(graph, x!),
    },
    { name: "what is flat", shapes: [[3, 2]], apply: (graph, [x]) => flatten(graph, x!) },
    { name: "at axis 2", shapes: [[3, 2, 4]], apply: (graph, [x]) => flatten(graph, x!, 2) },
  ],
  Reshape: [
    {
      name: "fixed",
      shapes: [[3, 4]],
      apply: (graph, [x]) => reshape(graph, x!, [2, 3, 2]),
    },
    {
      name: "a batch",
      shapes: [[3, 4]],
      rows: [0],
      apply: (graph, [x]) => reshape(graph, x!, ["rows", 2, 2]),
    },
  ],
  Squeeze: [
    {
      name: "two axes",
      shapes: [[3, 1, 2, 1]],
      rows: [0],
      apply: (graph, [x]) => squeeze(graph, x!, [1, -1]),
    },
  ],
  Unsqueeze: [
    {
      name: "two axes",
      shapes: [[3, 2]],
      rows: [0],
      apply: (graph, [x]) => unsqueeze(graph, x!, [1, -1]),
    },
    { name: "before all", shapes: [[3, 2]], apply: (graph, [x]) => unsqueeze(graph, x!, [0]) },
  ],
  Expand: [
    { name: "a row", shapes: [[3]], apply: (graph, [x]) => expand(graph, x!, [2, 3]) },
    { name: "a scalar", shapes: [[]], apply: (graph, [x]) => expand(graph, x!, [2, 3]) },
    {
      name: "inner axes",
      shapes: [[2, 1, 3, 1]],
      apply: (graph, [x]) => expand(graph, x!, [1, 2, 1, 4]),
    },
    {
      name: "a batch",
      shapes: [[4, 1]],
      rows: [0],
      apply: (graph, [x]) => expand(graph, x!, [1, 3]),
    },
  ],
  Transpose: [
    { name: "a matrix", shapes: [[3, 4]], apply: (graph, [x]) => transpose(graph, x!, [1, 0]) },
    {
      name: "a cycle of three",
      shapes: [[2, 3, 4, 5]],
      rows: [0],
      apply: (graph, [x]) => transpose(graph, x!, [0, 2, 3, 1]),
    },
  ],
  Concat: [
    {
      name: "three of different lengths",
      shapes: [
        [3, 2, 2],
        [3, 4, 2],
        [3, 1, 2],
      ],
      rows: [0, 1, 2],
      apply: (graph, inputs) => concat(graph, inputs, 1),
    },
    {
      name: "one twice, at the last axis",
      shapes: [
        [3, 2],
        [3, 1],
      ],
      apply: (graph, [a, b]) => concat(graph, [a!, b!, a!], -1),
    },
  ],
  Slice: [
    {
      name: "two axes of three",
      shapes: [[3, 4, 5]],
      rows: [0],
      apply: (graph, [x]) => slice(graph, x!, [2, 1], [1, 2], [4, 4]),
    },
    {
      name: "the first axis",
      shapes: [[4, 3]],
      apply: (graph, [x]) => slice(graph, x!, [0], [1], [3]),
    },
  ],
  Gather: [
    gatherCase([6, 3], [4], true),
    gatherCase([5, 2], [4, 3], true),
    gatherCase([4], [2, 3], false),
    gatherCase([4, 2, 3], [3], false),
    gatherCase([4, 2], [], false),
  ],
  Pad: [
    {
      name: "all around an image",
      shapes: [[2, 2, 3, 2]],
      rows: [0],
      apply: (graph, [x]) => pad(graph, x!, [0, 0, 1, 0], [0, 1, 2, 1], 0.7),
    },
    { name: "the first axis", shapes: [[3]], apply: (graph, [x]) => pad(graph, x!, [2], [1]) },
  ],
  Shape: [
    {
      name: "of a batch, to repeat a row",
      shapes: [[4, 3], [3]],
      rows: [0],
      apply: (graph, [x, row]) => add(graph, expandLike(graph, row!, x!), x!),
    },
  ],
  Size: [
    {
      name: "of a batch, as a factor",
      shapes: [[4, 3]],
      rows: [0],
      apply: (graph, [x]) => mul(graph, x!, countOf(graph, x!)),
    },
  ],
};
