import type { ColumnEncoding, FeatureEncoding, Scale } from "@descent/contracts";
import { cast, concat, div, equal, slice, sub } from "./append-nodes.ts";
import { addConstant, addInput, type ForwardGraph, type Value } from "./graph.ts";

/**
 * Appends what makes a model's input out of raw data, which are the graph's input, float32: of a table
 * [rows, columns], numbers as they are and of a category the position in its values; of images
 * [rows, channels, height, width] from 0 to 255. A category that is no position becomes zeros. Scaled in
 * doubles, as the data were for training.
 */
export function appendEncoding(graph: ForwardGraph, encoding: FeatureEncoding): Value {
  if (encoding.kind === "image") {
    const { shape, channels } = encoding;
    const pixels = addInput(graph, "input", "float32", ["rows", ...shape]);
    return appendScaling(graph, pixels, channels, [channels.length, 1, 1]);
  }
  const { columns } = encoding;
  const raw = addInput(graph, "input", "float32", ["rows", columns.length]);
  const parts: Value[] = [];
  for (let begin = 0; begin < columns.length; ) {
    const column = columns[begin]!;
    const scales = column.kind === "number" ? scalesFrom(columns, begin) : [];
    const end = begin + (scales.length || 1);
    const part = slice(graph, raw, [1], [begin], [end]);
    parts.push(
      column.kind === "number"
        ? appendScaling(graph, part, scales, [scales.length])
        : appendOneHot(graph, part, column.values.length),
    );
    begin = end;
  }
  return parts.length === 1 ? parts[0]! : concat(graph, parts, 1);
}

/** The scales of number columns that stand beside each other: one operator scales them all. */
function scalesFrom(columns: readonly ColumnEncoding[], begin: number): Scale[] {
  const scales: Scale[] = [];
  for (const column of columns.slice(begin)) {
    if (column.kind !== "number") break;
    scales.push(column.scale);
  }
  return scales;
}

function appendScaling(
  graph: ForwardGraph,
  x: Value,
  scales: readonly Scale[],
  shape: readonly number[],
): Value {
  if (scales.every(({ mean, std }) => mean === 0 && std === 1)) return x;
  const constant = (of: (scale: Scale) => number) =>
    addConstant(graph, Float64Array.from(scales, of), shape);
  const centred = sub(
    graph,
    cast(graph, x, "float64"),
    constant(({ mean }) => mean),
  );
  const scaled = div(
    graph,
    centred,
    constant(({ std }) => std),
  );
  return cast(graph, scaled, "float32");
}

/** [rows, 1] positions as [rows, values] zeros and ones. */
function appendOneHot(graph: ForwardGraph, position: Value, values: number): Value {
  const positions = Float32Array.from({ length: values }, (_, value) => value);
  const matches = equal(graph, position, addConstant(graph, positions, [values]));
  return cast(graph, matches, "float32");
}
