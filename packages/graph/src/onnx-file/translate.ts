import { addInput, type ForwardGraph, type Node, type Value } from "../graph.ts";
import type { Mode } from "../model.ts";
import { openCall } from "./call.ts";
import { fold, isFoldable } from "./fold.ts";
import { JOINED, refuseJoined } from "./joined.ts";
import { ModelRefused, type OnnxNode, type OnnxTensor } from "./onnx-file.ts";
import { keyOf } from "./prepare-nodes.ts";
import { ROWS } from "./rows.ts";
import { isKnown, type Term } from "./term.ts";
import { type Translation, termOf } from "./translation.ts";
import { Unfit } from "./unfit.ts";
import {
  countWork,
  MAX_AXES,
  MAX_NUMBERS,
  MAX_NUMBERS_IN_ALL,
  MAX_OPERATORS,
  MAX_WORK,
  perRow,
} from "./work.ts";

export interface Sources {
  nodes: readonly OnnxNode[];
  tensors: ReadonlyMap<string, OnnxTensor>;
  opset: number;
  isBatchFixed: boolean;
  inputName: string;
  /** What the input's numbers are: of a whole-numbered input, places in a table. */
  isIds: boolean;
  outputName: string;
  /** Names of the tensors that are trained, in their order, and of those that are buffers. */
  parameters: readonly { name: string; shape: readonly number[] }[];
  frozen: ReadonlySet<string>;
}

/**
 * Walks the nodes of a file in their order and appends to the graph what each becomes.
 *
 * @param input [rows, ...] as the file takes it, whole numbers where it takes such
 * @throws ModelRefused at the first node that cannot be taken, since what follows has no meaning
 */
export function translate(
  graph: ForwardGraph,
  mode: Mode,
  input: Value,
  sources: Sources,
): { output: Value; t: Translation; numbersPerRow: number } {
  const { nodes, tensors, opset, isBatchFixed, inputName, outputName, frozen } = sources;
  const t: Translation = {
    ...{ graph, mode, opset, isBatchFixed, input, tensors, frozen },
    parameters: new Map(
      sources.parameters.map(({ name, shape }) => [name, addInput(graph, name, "float32", shape)]),
    ),
    ...{ buffers: new Map(), masks: [], statistics: [], normalisations: [] },
    terms: new Map<string, Term>([[inputName, input]]),
    ...{
      constants: new Map(),
      probabilities: new Map(),
      joined: new Map(),
      folded: 0,
      vocabulary: null,
    },
    ids: new Set(sources.isIds ? [input] : []),
  };
  const before = graph.nodes.length;
  const sums: Sums = { numbersPerRow: 0, work: 0, operators: 0 };
  for (const node of nodes) {
    const from = graph.nodes.length;
    const outputs = translateNode(t, node);
    for (const [i, name] of node.outputs.entries())
      if (name !== "" && outputs[i] !== undefined) t.terms.set(name, outputs[i]);
    for (const { shape } of outputs)
      if (shape.length > MAX_AXES) throw refused(node, "", `it gives ${shape.length} axes`);
    for (const appended of graph.nodes.slice(from)) {
      sums.numbersPerRow += checkSize(node, appended);
      sums.work += countWork(appended);
    }
    sums.operators = graph.nodes.length - before;
    checkSums(node, sums);
  }
  const output = termOf(t, outputName);
  if (output === undefined || isKnown(output) || t.joined.has(output))
    throw new ModelRefused([
      { pointer: "/graph/output", message: `${outputName} is not computed from the input` },
    ]);
  return { output, t, numbersPerRow: sums.numbersPerRow };
}

function translateNode(t: Translation, node: OnnxNode): Term[] {
  const key = keyOf(node);
  const call = openCall(t, node);
  try {
    if (node.inputs.length === 0) throw new Unfit("it takes nothing", "/input");
    const folded = isFoldable(call, key) ? fold(call, key) : null;
    if (folded !== null) return [folded];
    const row = takesJoined(t, node) ? (JOINED[key] ?? refuseJoined()) : ROWS[key];
    if (row === undefined) throw new Unfit("it is worked out only for numbers known before a run");
    const outputs = row(call);
    return Array.isArray(outputs) ? outputs : [outputs];
  } catch (error) {
    if (error instanceof Unfit) throw refused(node, error.at, error.message, error.allowed);
    // What our own operators throw of shapes that do not fit. Anything else is a fault of ours.
    if (error instanceof Error && Object.getPrototypeOf(error) === Error.prototype)
      throw refused(node, "", `${error.message} (${inputShapes(t, node)})`);
    throw error;
  }
}

function takesJoined(t: Translation, { inputs }: OnnxNode): boolean {
  return inputs.some((name) => {
    const term = name === "" ? undefined : termOf(t, name);
    return term !== undefined && !isKnown(term) && t.joined.has(term);
  });
}

function refused(
  { op, name, pointer }: OnnxNode,
  at: string,
  message: string,
  allowed: readonly (string | number)[] | null = null,
) {
  const called = name === "" ? op : `${op} "${name}"`;
  return new ModelRefused([
    {
      pointer: `${pointer}${at}`,
      message: `${called}: ${message}`,
      ...(allowed === null ? {} : { allowed: [...allowed] }),
    },
  ]);
}

function inputShapes(t: Translation, { inputs }: OnnxNode): string {
  const shapes = inputs.flatMap((name) => {
    const term = name === "" ? undefined : termOf(t, name);
    return term === undefined ? [] : `[${term.shape.join(", ")}]`;
  });
  return `it takes ${shapes.join(", ")}`;
}

interface Sums {
  numbersPerRow: number;
  work: number;
  operators: number;
}

/** What one row takes: memory and time are bounded before anything runs. */
const BOUNDS: Record<keyof Sums, { most: number; of: string }> = {
  numbersPerRow: { most: MAX_NUMBERS_IN_ALL, of: "gives numbers for one row" },
  work: { most: MAX_WORK, of: "takes multiplications for one row" },
  operators: { most: MAX_OPERATORS, of: "becomes operators here" },
};

function checkSums(node: OnnxNode, sums: Sums): void {
  for (const [key, { most, of }] of Object.entries(BOUNDS)) {
    const sum = sums[key as keyof Sums];
    if (sum > most) throw refused(node, "", `up to here the model ${of}: ${sum}, at most ${most}`);
  }
}

function checkSize(node: OnnxNode, { outputs }: Node): number {
  const numbers = Math.max(...outputs.map(perRow));
  if (numbers > MAX_NUMBERS)
    throw refused(
      node,
      "",
      `it gives [${outputs[0]!.shape.join(", ")}], ${numbers} numbers for one row; at most ${MAX_NUMBERS}`,
    );
  return numbers;
}
