import type { ModelProfile } from "@descent/contracts";
import { type Axis, addInput, emptyGraph, type ForwardOp } from "../graph.ts";
import { valuesBehind } from "../values-behind.ts";
import { type BuildOptions, buildFile } from "./build-file.ts";
import { type FoundHead, findHead, replaceHead } from "./find-head.ts";
import { findParameters } from "./find-parameters.ts";
import { ModelRefused, type OnnxFile } from "./onnx-file.ts";
import {
  checkOperators,
  keyOf,
  leadingTo,
  type Opened,
  openNodes,
  type Prepared,
} from "./prepare-nodes.ts";
import { type FileInput, readInput } from "./read-input.ts";
import type { Translation } from "./translation.ts";

/** A file looked through: what the API is told of it, and what a model is made of. */
export interface Analysis {
  profile: ModelProfile;
  prepared: Prepared;
  head: FoundHead | null;
  input: FileInput;
  /** Of the output, in the file. */
  pointer: string;
}

/** How many outputs of a file are tried for one that can be trained. */
const MAX_OUTPUTS = 8;

/**
 * Chooses the output that is trained, the last of the file that can be: of float32, [rows, n], and depending
 * on tensors that training moves. What does not lead to it is not looked at.
 *
 * @throws ModelRefused where there is none, with what is wrong of the last
 */
export function analyse(file: OnnxFile): Analysis {
  const opened = openNodes(file);
  const names = outputsToTry(file, opened);
  if (names.length === 0)
    throw new ModelRefused([
      { pointer: "/graph/output", message: "no output of the file is of float32" },
    ]);
  const refusals: ModelRefused[] = [];
  for (const { name, pointer } of names) {
    try {
      return analyseOutput(file, leadingTo(opened, name), pointer);
    } catch (error) {
      if (!(error instanceof ModelRefused)) throw error;
      refusals.push(error);
    }
  }
  throw refusals[0]!;
}

/** From the last on. Scikit-learn's ZipMap only puts names to probabilities: what it takes is the output. */
function outputsToTry({ outputs }: OnnxFile, { nodes }: Opened) {
  const zips = new Map(
    nodes
      .filter((node) => keyOf(node) === "ai.onnx.ml.ZipMap")
      .map(({ inputs, outputs: [y] }) => [y, inputs[0]!]),
  );
  return outputs
    .toReversed()
    .flatMap(({ name, type, pointer }) => {
      const zipped = zips.get(name);
      if (zipped !== undefined) return { name: zipped, pointer };
      return type === "float32" ? { name, pointer } : [];
    })
    .slice(0, MAX_OUTPUTS);
}

function analyseOutput(file: OnnxFile, prepared: Prepared, pointer: string): Analysis {
  checkOperators(prepared.nodes);
  const input = readInput(file, prepared);
  const found = findParameters(prepared, input.name);
  const shapeOf = (name: string) => [...prepared.tensors.get(name)!.shape];
  const tensor = (name: string) => ({ name, shape: shapeOf(name) });
  const options: BuildOptions = {
    ...{ prepared, input, opset: file.opset, pointer },
    parameters: found.parameters.map(tensor),
    frozen: new Set(found.statistics),
  };
  const graph = emptyGraph<ForwardOp>();
  const x = addInput(graph, "input", "float32", ["rows", ...input.shape]);
  const { output, probabilities, t, numbersPerRow } = buildFile(graph, "inference", x, options);
  if (input.type !== "float32" && t.vocabulary === null)
    throw new ModelRefused([
      {
        pointer: "/graph/input",
        message: `the input ${input.name} is ${input.type}, but does not choose from a table: export the model with a float32 input, since data are not whole numbers`,
      },
    ]);
  const behind = valuesBehind(graph, output);
  const parameters = found.parameters.filter((name) => behind.has(t.parameters.get(name)!));
  if (parameters.length === 0)
    throw new ModelRefused([{ pointer, message: nothingToTrain(prepared) }]);
  const head = replaceable(findHead(prepared, input.name, { ...found, parameters }), t, options);
  const { softmax, sigmoid } = probabilities;
  const profile: ModelProfile = {
    ...{ opset: file.opset, producer: file.producer },
    input: { ...input, vocabulary: t.vocabulary },
    output: {
      name: prepared.outputName,
      shape: [Number(output.shape[1])],
      activation: softmax ? "softmax" : sigmoid ? "sigmoid" : null,
    },
    numbers_per_row: numbersPerRow,
    operators: countOperators(file),
    parameters: parameters.map(tensor),
    buffers: found.statistics.map(tensor),
    head: head && describeHead(head, prepared, parameters),
  };
  return { profile, prepared, head, input, pointer };
}

function nothingToTrain({ tensors }: Prepared): string {
  const isDouble = tensors
    .values()
    .some(({ type, shape }) => type === "float64" && shape.length > 1);
  const why = isDouble ? ": its weights are float64, export the model in float32" : "";
  return `it depends on no tensor that training could move${why}`;
}

function countOperators({ nodes }: OnnxFile): Record<string, number> {
  const counts = new Map<string, number>();
  for (const node of nodes) counts.set(keyOf(node), (counts.get(keyOf(node)) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A head that takes [rows, features], or whose filters may be of another number: that is tried. */
function replaceable(
  found: FoundHead | null,
  t: Translation,
  options: BuildOptions,
): FoundHead | null {
  if (found === null) return null;
  const shape = t.terms.get(found.node.inputs[0]!)?.shape;
  if (found.kind === "dense") return shape?.length === 2 && shape[0] === "rows" ? found : null;
  const { prepared, parameters, input } = options;
  const name = nameOfHead(prepared);
  const filters = prepared.tensors.get(found.weight)!.shape[0]!;
  const outputs = filters + 1;
  const head = { ...found, flattened: flattenedIn(prepared, t, filters) };
  const changed = replaceHead(prepared, head, name);
  const graph = emptyGraph<ForwardOp>();
  const x = addInput(graph, "input", "float32", ["rows", ...input.shape]);
  try {
    const { output } = buildFile(graph, "inference", x, {
      ...options,
      prepared: changed,
      parameters: [
        ...parameters.filter((parameter) => changed.tensors.has(parameter.name)),
        { name: `${name}.weight`, shape: [outputs, ...head.inputs] },
        { name: `${name}.bias`, shape: [outputs] },
      ],
    });
    return output.shape[1] === outputs ? head : null;
  } catch (error) {
    if (error instanceof ModelRefused) return null;
    throw error;
  }
}

/** Where a Reshape makes [rows, filters] of [rows, filters, 1, 1], as PyTorch's exporter writes a flatten. */
function flattenedIn({ nodes }: Prepared, t: Translation, filters: number): Set<string> {
  const is = (name: string, shape: readonly Axis[]) =>
    t.terms.get(name)?.shape.join() === shape.join();
  const found = nodes.filter(
    ({ inputs, outputs, ...node }) =>
      keyOf(node) === "Reshape" &&
      is(inputs[0]!, ["rows", filters, 1, 1]) &&
      is(outputs[0]!, ["rows", filters]),
  );
  return new Set(found.map(({ outputs }) => outputs[0]!));
}

/** The parameters that a new head leaves without use are those it replaces. */
function describeHead(head: FoundHead, prepared: Prepared, parameters: readonly string[]) {
  const name = nameOfHead(prepared);
  const { tensors } = replaceHead(prepared, head, name);
  const replaces = parameters.filter((parameter) => !tensors.has(parameter));
  return { replaces, name, inputs: head.inputs };
}

function nameOfHead({ tensors, nodes }: Prepared): string {
  const taken = new Set([...tensors.keys(), ...nodes.flatMap(({ outputs }) => outputs)]);
  const isFree = (name: string) => !taken.has(`${name}.weight`) && !taken.has(`${name}.bias`);
  let name = "head";
  while (!isFree(name)) name = `new_${name}`;
  return name;
}
