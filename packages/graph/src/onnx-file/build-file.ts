import { cast, reshape } from "../append-nodes.ts";
import type { ForwardGraph, Value } from "../graph.ts";
import type { Mode } from "../model.ts";
import { ModelRefused } from "./onnx-file.ts";
import type { Prepared } from "./prepare-nodes.ts";
import type { FileInput } from "./read-input.ts";
import { shown } from "./shown.ts";
import { translate } from "./translate.ts";
import type { Probabilities, Translation } from "./translation.ts";

export interface BuildOptions {
  prepared: Prepared;
  input: FileInput;
  opset: number;
  /** What training moves, in its order; of a new head too, which the file has no tensors for. */
  parameters: readonly { name: string; shape: readonly number[] }[];
  /** Names of the file's tensors that are buffers. */
  frozen: ReadonlySet<string>;
  /** Of the output, in the file. */
  pointer: string;
}

export interface BuiltFile {
  /** [rows, n] */
  output: Value;
  probabilities: Probabilities;
  t: Translation;
  numbersPerRow: number;
}

/**
 * Appends what leads to the output of a file.
 *
 * @param x [rows, ...] of float32, in the file's shape
 * @throws ModelRefused where a node, or the output's shape, cannot be taken
 */
export function buildFile(
  graph: ForwardGraph,
  mode: Mode,
  x: Value,
  { prepared, input, opset, parameters, frozen, pointer }: BuildOptions,
): BuiltFile {
  const isIds = input.type !== "float32";
  const taken = isIds ? cast(graph, x, "int64") : x;
  const { output, t, numbersPerRow } = translate(graph, mode, taken, {
    ...{ nodes: prepared.nodes, tensors: prepared.tensors, outputName: prepared.outputName },
    ...{ opset, isBatchFixed: input.batch !== null, inputName: input.name, isIds },
    ...{ parameters, frozen },
  });
  // [rows, n, 1, 1] and [rows] say the same.
  const [rows, ...others] = output.shape;
  const [n = 1, ...rest] = others.filter((length) => length !== 1);
  if (rows !== "rows" || typeof n !== "number" || rest.length > 0 || output.type !== "float32")
    throw new ModelRefused([
      { pointer, message: `the output is ${shown(output)}, not one vector [rows, n] of float32` },
    ]);
  const probabilities = t.probabilities.get(output) ?? {};
  if (output.shape.length === 2) return { output, probabilities, t, numbersPerRow };
  const flat = (value: Value) => reshape(graph, value, ["rows", n]);
  const flattened = Object.entries(probabilities).map(([key, of]) => [key, () => flat(of())]);
  return {
    ...{ output: flat(output), t, numbersPerRow },
    probabilities: Object.fromEntries(flattened) as Probabilities,
  };
}
