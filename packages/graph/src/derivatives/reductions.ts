import {
  cast,
  countOf,
  div,
  equal,
  exp,
  expandLike,
  mul,
  oneHot,
  reduceSum,
  reshape,
  scalar,
  sub,
} from "../append-nodes.ts";
import { type Graph, type Node, numbersOf, type Value } from "../graph.ts";
import type { DerivativeRules } from "./derivative-rule.ts";

export const REDUCTIONS: DerivativeRules<
  | ("ReduceMean" | "ReduceSum" | "ReduceMax")
  | ("Softmax" | "LogSoftmax" | "SoftmaxCrossEntropyLoss")
> = {
  // dx = dy / the number of elements that made each mean
  ReduceMean: (graph, node, dy) => [
    () => {
      const { inputs, outputs } = node;
      const count = countReduced(graph, inputs[0]!, outputs[0]!);
      return expandLike(graph, keepAxes(graph, node, div(graph, dy, count)), inputs[0]!);
    },
    null,
  ],

  // dx = dy for every element of the sum
  ReduceSum: (graph, node, dy) => [
    () => expandLike(graph, keepAxes(graph, node, dy), node.inputs[0]!),
    null,
  ],

  // dx = dy where x = y, in equal shares where several are the largest; else 0.
  ReduceMax: (graph, node, dy) => [
    () => {
      const { inputs, outputs } = node;
      const largest = equal(graph, inputs[0]!, keepAxes(graph, node, outputs[0]!));
      const marks = cast(graph, largest, "float32");
      const ties = reduceSum(graph, marks, reducedAxes(graph, node), 1);
      return mul(graph, marks, div(graph, keepAxes(graph, node, dy), ties));
    },
    null,
  ],

  // dx = y · (dy − Σ dy · y), the sum along the axis
  Softmax: (graph, { outputs: [y], attributes: { axis } }, dy) => [
    () => {
      const sum = reduceSum(graph, mul(graph, dy, y!), [axis], 1);
      return mul(graph, y!, sub(graph, dy, sum));
    },
  ],

  // dx = dy − exp(y) · Σ dy, the sum along the axis
  LogSoftmax: (graph, { outputs: [y], attributes: { axis } }, dy) => [
    () => sub(graph, dy, mul(graph, exp(graph, y!), reduceSum(graph, dy, [axis], 1))),
  ],

  // dx = (softmax(x) − onehot(targets)) · dy / rows; softmax is exp of the operator's second output.
  SoftmaxCrossEntropyLoss: (graph, { inputs: [, targets], outputs: [, logSoftmax] }, dy) => [
    () => {
      const classes = Number(logSoftmax!.shape[1]);
      const error = sub(graph, exp(graph, logSoftmax!), oneHot(graph, targets!, classes));
      return mul(graph, error, div(graph, dy, countOf(graph, targets!)));
    },
    null,
  ],
};

type Reduction = Node<"ReduceMean"> | Node<"ReduceSum"> | Node<"ReduceMax">;

/** The axes a reduction worked on: those of its second input, or all. */
function reducedAxes(graph: Graph, { inputs: [x, axes] }: Reduction): number[] {
  return axes === undefined ? Array.from(x!.shape.keys()) : numbersOf(graph, axes);
}

/** A value in the shape of the reduction's output, with its vanished axes put back as axes of length 1. */
function keepAxes(graph: Graph, node: Reduction, value: Value): Value {
  const { shape } = node.inputs[0]!;
  // A scalar broadcasts to any shape as it is.
  if (value.shape.length === shape.length || value.shape.length === 0) return value;
  const reduced = reducedAxes(graph, node);
  const kept = shape.map((length, axis) => (reduced.includes(axis) ? 1 : length));
  return reshape(graph, value, kept);
}

/** How many elements of x make one of y: known beforehand, unless the batch axis is among the reduced. */
function countReduced(graph: Graph, x: Value, y: Value): Value {
  if (y.shape.length === 0) return countOf(graph, x);
  const product = ({ shape }: Value) =>
    shape.reduce<number>((all, length) => (length === "rows" ? all : all * length), 1);
  const isOpen = x.shape.includes("rows") && !y.shape.includes("rows");
  return isOpen
    ? div(graph, countOf(graph, x), countOf(graph, y))
    : scalar(graph, product(x) / product(y));
}
