import {
  expandLike,
  flat,
  pad,
  reshape,
  scatterAdd,
  slice,
  transpose,
  unsqueeze,
} from "../append-nodes.ts";
import { type Graph, numbersOf, type Value } from "../graph.ts";
import type { DerivativeRules } from "./derivative-rule.ts";
import { sumToShape } from "./sum-to-shape.ts";

/** Operators that give the same numbers in another shape or place, and those of no derivative. */
export const SHAPES: DerivativeRules<
  | ("Flatten" | "Reshape" | "Squeeze" | "Unsqueeze" | "Expand" | "Transpose")
  | ("Concat" | "Slice" | "Gather" | "Pad")
  | ("Equal" | "Greater" | "Less" | "Shape" | "Size")
> = {
  // The same numbers in the shape they had.
  Flatten: (graph, { inputs: [x] }, dy) => [() => reshape(graph, dy, x!.shape)],
  Reshape: (graph, { inputs: [x] }, dy) => [() => reshape(graph, dy, x!.shape), null],
  Squeeze: (graph, { inputs: [x] }, dy) => [() => reshape(graph, dy, x!.shape), null],
  Unsqueeze: (graph, { inputs: [x] }, dy) => [() => reshape(graph, dy, x!.shape), null],

  // What was repeated gets the sum over its repetitions.
  Expand: (graph, { inputs: [x] }, dy) => [() => sumToShape(graph, dy, x!), null],

  // Axis perm[i] of x became axis i: back again.
  Transpose: (graph, { attributes: { perm } }, dy) => [
    () =>
      transpose(
        graph,
        dy,
        perm.map((_, axis) => perm.indexOf(axis)),
      ),
  ],

  // Each input gets the part of dy that was its own.
  Concat: (graph, { inputs, attributes: { axis } }, dy) => {
    let end = 0;
    return inputs.map(({ shape }) => {
      const begin = end;
      end += Number(shape[axis]);
      const own = [[axis], [begin], [end]] as const;
      return () => slice(graph, dy, ...own);
    });
  },

  // dy where it was cut out, 0 around it.
  Slice: (graph, { inputs: [x, starts, ends, axes] }, dy) => [
    () => {
      const [first, last, cut] = [starts!, ends!, axes!].map((of) => numbersOf(graph, of));
      const begins = x!.shape.map((_, axis) => first![cut!.indexOf(axis)] ?? 0);
      const rests = x!.shape.map((length, axis) =>
        cut!.includes(axis) ? Number(length) - last![cut!.indexOf(axis)]! : 0,
      );
      return pad(graph, dy, begins, rests);
    },
    null,
    null,
    null,
  ],

  // Every row of the table gets the sum of dy over the places where it was taken, 0 where none.
  Gather: (graph, { inputs: [table, indices] }, dy) => [
    () => gatherDerivative(graph, table!, indices!, dy),
    null,
  ],

  // dy without the padding.
  Pad: (graph, { inputs: [x, pads] }, dy) => [
    () => {
      const begins = numbersOf(graph, pads!).slice(0, x!.shape.length);
      const axes = Array.from(x!.shape.keys()).filter((axis) => x!.shape[axis] !== "rows");
      const starts = axes.map((axis) => begins[axis]!);
      const ends = axes.map((axis, i) => starts[i]! + Number(x!.shape[axis]));
      return slice(graph, dy, axes, starts, ends);
    },
    null,
    null,
  ],

  // No derivative passes.
  Equal: () => [null, null],
  Greater: () => [null, null],
  Less: () => [null, null],
  Shape: () => [null],
  Size: () => [null],
};

/** dy as one row for each index, added at the index; the index stands beside every number of its row. */
function gatherDerivative(graph: Graph, table: Value, indices: Value, dy: Value): Value {
  const entry = table.shape.slice(1);
  const rows = reshape(graph, dy, ["rows", ...entry]);
  const column = unsqueeze(
    graph,
    flat(graph, indices),
    entry.map((_, axis) => axis + 1),
  );
  return scatterAdd(graph, rows, expandLike(graph, column, rows), table);
}
