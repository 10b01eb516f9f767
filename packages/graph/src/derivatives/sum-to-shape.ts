import { reduceSum, reshape } from "../append-nodes.ts";
import type { Graph, Value } from "../graph.ts";

/**
 * The derivative by an input that was broadcast: what was repeated gets the sum over its repetitions.
 *
 * @param dy in the shape that `input` was broadcast to
 */
export function sumToShape(graph: Graph, dy: Value, input: Value): Value {
  const { shape } = input;
  const added = dy.shape.length - shape.length;
  const repeated = Array.from(dy.shape.keys()).filter(
    (axis) => axis < added || (shape[axis - added] === 1 && dy.shape[axis] !== 1),
  );
  if (repeated.length === 0) return dy;
  const sum = reduceSum(graph, dy, repeated);
  return sum.shape.length === shape.length ? sum : reshape(graph, sum, shape);
}
