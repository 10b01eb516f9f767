import { elements } from "@descent/contracts";
import { Tensor } from "onnxruntime-node";
import { concat, reshape } from "./append-nodes.ts";
import type { Graph, Value } from "./graph.ts";

/** A value of a graph, float32 of a known shape, and where its numbers go. */
export interface Fetch {
  value: Value;
  into: Float32Array;
}

/**
 * Fetching a value costs 3 µs however short it is; copying 4096 numbers twice costs about as much. The six
 * values of the smallest model's step in one: 36 -> 24 µs.
 */
const LONGEST_JOINED = 4096;

/**
 * Makes one output of all short values, of which there must be one, so that a run gives back fewer. Long ones
 * are written in place.
 *
 * @param graph gets what joins them
 * @returns the outputs, the tensors to hand to every run, and what is to be called after it
 */
export function joinFetches(
  graph: Graph,
  fetches: readonly Fetch[],
): { outputs: Value[]; tensors: Record<string, Tensor>; spread(): void } {
  const short = fetches.filter(({ into }) => into.length <= LONGEST_JOINED);
  const long = fetches.filter(({ into }) => into.length > LONGEST_JOINED);
  const flat = short.map(({ value, into }) =>
    value.shape.length === 1 ? value : reshape(graph, value, [into.length]),
  );
  const joined = concat(graph, flat, 0);
  const numbers = new Float32Array(elements(joined.shape.map(Number)));
  let end = 0;
  const parts = short.map(({ into }) => {
    const begin = end;
    end += into.length;
    return { part: numbers.subarray(begin, end), into };
  });
  const tensor = ({ shape }: Value, data: Float32Array) =>
    new Tensor("float32", data, shape.map(Number));
  return {
    outputs: [joined, ...long.map(({ value }) => value)],
    tensors: {
      [joined.name]: tensor(joined, numbers),
      ...Object.fromEntries(long.map(({ value, into }) => [value.name, tensor(value, into)])),
    },
    spread() {
      for (const { part, into } of parts) into.set(part);
    },
  };
}
