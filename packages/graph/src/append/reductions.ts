import type { AnyGraph, Value } from "../graph.ts";
import { append, appendNode, axisFromFront, integers } from "./append-node.ts";

const reduction =
  (op: "ReduceMean" | "ReduceSum" | "ReduceMax") =>
  /** Over the axes given, over all where none are; those vanish, or keep the length 1. */
  (graph: AnyGraph, x: Value, axes?: readonly number[], keepdims: 0 | 1 = 0): Value => {
    const reduced = axes?.length
      ? axes.map((axis) => axisFromFront(axis, x.shape.length))
      : undefined;
    const vanishes = (axis: number) => reduced === undefined || reduced.includes(axis);
    const inputs = reduced === undefined ? [x] : [x, integers(graph, reduced)];
    const shape = keepdims
      ? x.shape.map((length, axis) => (vanishes(axis) ? 1 : length))
      : x.shape.filter((_, axis) => !vanishes(axis));
    return append(graph, op, inputs, { keepdims }, shape, x.type);
  };

export const reduceMean = reduction("ReduceMean");
export const reduceSum = reduction("ReduceSum");
export const reduceMax = reduction("ReduceMax");

/** exp(x) / Σ exp(x) along one axis. */
export function softmax(graph: AnyGraph, x: Value, axis = -1): Value {
  const attributes = { axis: axisFromFront(axis, x.shape.length) };
  return append(graph, "Softmax", [x], attributes, x.shape);
}

/** x − log Σ exp(x) along one axis. */
export function logSoftmax(graph: AnyGraph, x: Value, axis = -1): Value {
  const attributes = { axis: axisFromFront(axis, x.shape.length) };
  return append(graph, "LogSoftmax", [x], attributes, x.shape);
}

/** The mean over the rows of −log(softmax(logits)[target]). */
export function softmaxCrossEntropyLoss(graph: AnyGraph, logits: Value, targets: Value): Value {
  const outputs = [
    { type: "float32", shape: [] },
    { type: "float32", shape: logits.shape },
  ] as const;
  const attributes = { reduction: "mean" } as const;
  return appendNode(graph, "SoftmaxCrossEntropyLoss", [logits, targets], attributes, outputs)[0]!;
}
