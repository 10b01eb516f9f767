import type { ForwardOp, Op, Ops } from "./operators.ts";

export type {
  BlockedOps,
  Body,
  ConvAttributes,
  ForwardOp,
  Op,
  Ops,
  PoolAttributes,
} from "./operators.ts";

/** An axis of a tensor: its length, or `rows`, the batch axis whose length each run decides. */
export type Axis = number | "rows";
export type ElementType = "float32" | "float64" | "int32" | "int64" | "bool";

/** A tensor that flows through a graph, known by its unique name. A scalar has the shape []. */
export interface Value {
  name: string;
  type: ElementType;
  shape: readonly Axis[];
}

/** One application of an operator, told apart by `op`. */
export type Node<O extends Op = Op> = {
  [K in O]: { op: K; inputs: Value[]; outputs: Value[]; attributes: Ops[K] };
}[O];

export interface Constant {
  value: Value;
  data: Float32Array | Float64Array | Int32Array | BigInt64Array;
}

/**
 * Operators applied one after the other: nodes stand in an order in which they can run. Invariant in O, so
 * that nothing appends a node without a derivative to a forward graph.
 */
export interface Graph<in out O extends Op = Op> {
  inputs: Value[];
  constants: Constant[];
  nodes: Node<O>[];
  /** What the names of appended values begin with; nothing but in a graph that was rewritten. */
  prefix?: string;
}

/** The graph of a model and its loss: every node of it can be differentiated. */
export type ForwardGraph = Graph<ForwardOp>;

/** A graph that takes forward operators: a forward graph, or one that takes all. */
export type AnyGraph = ForwardGraph | Graph;

export function emptyGraph<O extends Op>(): Graph<O> {
  return { inputs: [], constants: [], nodes: [] };
}

/**
 * The graph to rewrite another one into: its inputs and constants, and no nodes yet.
 *
 * @param prefix of the names of what is appended, so that nodes which are taken over keep theirs
 */
export function startRewriting(graph: AnyGraph, prefix: string): Graph {
  return { inputs: [...graph.inputs], constants: [...graph.constants], nodes: [], prefix };
}

/** Adds an input that every run must be given. */
export function addInput(
  graph: AnyGraph,
  name: string,
  type: ElementType,
  shape: readonly Axis[],
): Value {
  const value = { name, type, shape };
  graph.inputs.push(value);
  return value;
}

const CONSTANT = "constant_";

/** Adds a tensor whose numbers are part of the graph. */
export function addConstant(
  graph: AnyGraph,
  data: Constant["data"],
  shape: readonly number[],
): Value {
  const name = `${graph.prefix ?? ""}${CONSTANT}${graph.constants.length}`;
  const value: Value = { name, type: typeOf(data), shape };
  graph.constants.push({ value, data });
  return value;
}

function typeOf(data: Constant["data"]): ElementType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  return data instanceof Int32Array ? "int32" : "int64";
}

/**
 * The numbers of a constant, such as an operator's axes.
 *
 * @throws Error when the value is not a constant of the graph
 */
export function numbersOf(graph: AnyGraph, value: Value): number[] {
  // addConstant called it after its place, which copies of a graph keep: no search through thousands.
  const constant = graph.constants[Number(value.name.slice(value.name.lastIndexOf("_") + 1))];
  if (constant?.value !== value) throw new Error(`${value.name} is not a constant`);
  return Array.from(constant.data, Number);
}
