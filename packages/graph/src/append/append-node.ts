import {
  type AnyGraph,
  type Axis,
  addConstant,
  type ElementType,
  type Node,
  type Op,
  type Ops,
  type Value,
} from "../graph.ts";

/** Appends an operator of one output and returns that. */
export function append<O extends Op>(
  graph: AnyGraph,
  op: O,
  inputs: readonly Value[],
  attributes: Ops[O],
  shape: readonly Axis[],
  type: ElementType = "float32",
): Value {
  return appendNode(graph, op, inputs, attributes, [{ type, shape }])[0]!;
}

/** Appends an operator and returns its outputs, which get names of their own. */
export function appendNode<O extends Op>(
  graph: AnyGraph,
  op: O,
  inputs: readonly Value[],
  attributes: Ops[O],
  outputs: readonly Omit<Value, "name">[],
): Value[] {
  const named = outputs.map((output, i) => ({
    ...output,
    name: `${graph.prefix ?? ""}${op}_${graph.nodes.length}_${i}`,
  }));
  const nodes: Node[] = graph.nodes;
  nodes.push({ op, inputs, outputs: named, attributes } as Node);
  return named;
}

/** A float32 scalar that is part of the graph. */
export function scalar(graph: AnyGraph, number: number): Value {
  return addConstant(graph, Float32Array.of(number), []);
}

/** A vector of int64 that is part of the graph: axes, lengths, pads. */
export function integers(graph: AnyGraph, numbers: readonly number[]): Value {
  return addConstant(graph, BigInt64Array.from(numbers, BigInt), [numbers.length]);
}

/**
 * The length of an axis that must be known before a run.
 *
 * @throws Error when it is the batch axis
 */
export function fixedLength(x: Value, axis: number): number {
  const length = x.shape[axis];
  if (typeof length !== "number")
    throw new Error(`axis ${axis} of ${x.name} has no length that is known before a run`);
  return length;
}

/** An axis counted from the front, where ONNX lets it be counted from the end as a negative number. */
export function axisFromFront(axis: number, rank: number): number {
  if (axis < -rank || axis >= rank) throw new Error(`a tensor of ${rank} axes has no axis ${axis}`);
  return axis < 0 ? axis + rank : axis;
}
