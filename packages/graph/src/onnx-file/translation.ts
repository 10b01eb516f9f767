import { append, integers, scalar } from "../append/append-node.ts";
import { broadcastShapes } from "../append/broadcast.ts";
import { cast, expand, reshape, slice } from "../append-nodes.ts";
import { type Axis, addConstant, addInput, type ForwardGraph, type Value } from "../graph.ts";
import type { Mode, Normalisation, TrainingExtras } from "../model.ts";
import type { OnnxTensor } from "./onnx-file.ts";
import { isKnown, isWhole, type Known, type Length, lengthsOf, type Term } from "./term.ts";
import { refuse } from "./unfit.ts";
import { MAX_AXES, MAX_FOLDED_IN_ALL } from "./work.ts";

/** What stands before a value that is a probability: appended only where a loss takes it. */
export interface Probabilities {
  /** Whose softmax along the second axis the value is. */
  softmax?: () => Value;
  /** Whose sigmoid it is. */
  sigmoid?: () => Value;
  /** Of one minus a sigmoid: the sigmoid's input. */
  oneMinusSigmoid?: () => Value;
}

/** A file's graph on its way into ours. */
export interface Translation extends TrainingExtras {
  graph: ForwardGraph;
  mode: Mode;
  opset: number;
  /** Whether the file was written for one row at a time, so that a length of 1 may mean the batch. */
  isBatchFixed: boolean;
  /** [rows, ...], float32, as the file takes it. */
  input: Value;
  /** The file's tensors by name. */
  tensors: ReadonlyMap<string, OnnxTensor>;
  /** Those that training moves, as inputs of the graph. */
  parameters: ReadonlyMap<string, Value>;
  /** Names of those that are inputs of the graph too, but that no gradient moves. */
  frozen: ReadonlySet<string>;
  /** The buffers that were read, as inputs of the graph. */
  buffers: Map<string, Value>;
  normalisations: Normalisation[];
  terms: Map<string, Term>;
  constants: Map<Known, Value>;
  /** How many numbers were taken and given by what was worked out beforehand. */
  folded: number;
  probabilities: Map<Value, Probabilities>;
  /** Values of which the file has several axes, rows among them, as one: how many each of its axes is of ours. */
  joined: Map<Value, readonly number[]>;
  /** Values that are the model's whole-numbered input, perhaps in another shape. */
  ids: Set<Value>;
  /** The fewest rows of a table that the input's numbers choose from. */
  vocabulary: number | null;
}

/** What a name stands for; undefined where the file has not given it. */
export function termOf(t: Translation, name: string): Term | undefined {
  const term =
    t.terms.get(name) ??
    t.parameters.get(name) ??
    (t.frozen.has(name) ? bufferOf(t, name) : t.tensors.get(name));
  if (term !== undefined) t.terms.set(name, term);
  return term;
}

/** A tensor of the file as an input of the graph under its name. */
export function bufferOf(t: Translation, name: string): Value {
  const present = t.buffers.get(name);
  if (present !== undefined) return present;
  const buffer = addInput(t.graph, name, "float32", t.tensors.get(name)!.shape);
  t.buffers.set(name, buffer);
  return buffer;
}

/** A term as a value of the graph: doubles become float32, whole numbers int64. */
export function asValue(t: Translation, term: Term): Value {
  if (!isKnown(term)) return term;
  const present = t.constants.get(term);
  if (present !== undefined) return present;
  const value = constantOf(t, term);
  t.constants.set(term, value);
  return value;
}

/** @throws Unfit where a file has more to work out beforehand than any model needs */
export function countKnown(t: Translation, numbers: number): void {
  t.folded += numbers;
  if (t.folded > MAX_FOLDED_IN_ALL)
    refuse(
      `up to here ${t.folded} numbers are worked out beforehand, at most ${MAX_FOLDED_IN_ALL}`,
    );
}

function constantOf(t: Translation, known: Known): Value {
  const { graph } = t;
  const { type, shape, data } = known;
  if (data instanceof Float32Array) return addConstant(graph, data, shape);
  const lengths = lengthsOf(known);
  if (lengths.some((length) => typeof length === "string")) {
    if (shape.length > 1)
      refuse("the batch's size in a tensor of several axes has no meaning here");
    const vector = lengthsVector(t, axesOf(lengths));
    return shape.length === 1 ? vector : reshape(graph, vector, []);
  }
  const numbers = lengths.map(Number);
  if (isWhole(type) && !numbers.every(Number.isInteger)) refuse("a whole number became none");
  if (isWhole(type)) return addConstant(graph, BigInt64Array.from(numbers, toBigInt), shape);
  const floats = addConstant(graph, Float32Array.from(numbers), shape);
  return type === "bool" ? cast(graph, floats, "bool") : floats;
}

/** int64's last number, rounded up by a double, is one more than int64 holds. */
function toBigInt(number: number): bigint {
  return BigInt.asIntN(64, number >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(number));
}

/** Lengths as int64 of a run, the batch's taken from the input. */
function lengthsVector(t: Translation, lengths: readonly Axis[]): Value {
  const { graph, input } = t;
  const shape = append(graph, "Shape", [input], {}, [input.shape.length], "int64");
  const rows = slice(graph, shape, [0], [0], [1]);
  const parts = lengths.map((length) => (length === "rows" ? rows : integers(graph, [length])));
  return parts.length === 1
    ? parts[0]!
    : append(graph, "Concat", parts, { axis: 0 }, [parts.length], "int64");
}

export function axesOf(lengths: readonly Length[]): Axis[] {
  return lengths.map((length) => {
    if (typeof length === "number" || length === "rows") return length;
    return refuse("the batch's size times a number has no meaning here");
  });
}

/** Repeats x until it has the shape that x and `shape` broadcast to, where `shape` may name the batch. */
export function expandTo(t: Translation, x: Value, lengths: readonly Length[]): Value {
  if (lengths.length > MAX_AXES) refuse(`a shape of ${lengths.length} axes`);
  const shape = axesOf(lengths);
  const fixed = shape.filter((length) => length !== "rows");
  if (fixed.length === shape.length) return expand(t.graph, x, fixed);
  const wide = broadcastShapes([x, { shape }]);
  return append(t.graph, "Expand", [x, lengthsVector(t, shape)], {}, wide, x.type);
}

/** A float32 scalar of the graph. */
export const number = (t: Translation, of: number) => scalar(t.graph, of);
