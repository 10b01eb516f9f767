import { arrange } from "@descent/contracts";
import { reshape, transpose } from "../append-nodes.ts";
import type { ForwardGraph, Value } from "../graph.ts";

/**
 * Rows as the data give them, in the shape that the file takes.
 *
 * @throws RangeError when one does not hold as many numbers as the other
 */
export function appendFit(
  graph: ForwardGraph,
  x: Value,
  inputShape: readonly number[],
  fileShape: readonly number[],
): Value {
  switch (arrange(inputShape, fileShape)) {
    case "same":
      return x;
    case "reshaped":
      return reshape(graph, x, ["rows", ...fileShape]);
    case "channels_last":
      return transpose(graph, x, [0, 2, 3, 1]);
    case null:
      throw new RangeError(`rows of [${inputShape}] do not fit rows of [${fileShape}]`);
  }
}
