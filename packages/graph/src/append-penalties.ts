import type { ResolvedPenalty } from "@descent/contracts";
import { abs, add, mul, reduceSum, scalar } from "./append-nodes.ts";
import type { ForwardGraph, Value } from "./graph.ts";

export type Penalty = Pick<ResolvedPenalty, "tensors" | "l1" | "l2">;

/**
 * Appends the loss plus l1 Σ|w| + l2 Σw² for every tensor of every penalty: Keras's L1L2, with the derivative
 * l1 sign(w) + 2 l2 w. Not divided by anything: a penalty weighs the same whatever the batch.
 *
 * @param parameters the model's tensors, under their names
 * @returns the loss itself where there is no penalty
 * @throws Error when a penalty names a tensor that the model does not have
 */
export function appendPenalties(
  graph: ForwardGraph,
  loss: Value,
  parameters: readonly Value[],
  penalties: readonly Penalty[],
): Value {
  let sum = loss;
  for (const { tensors, l1, l2 } of penalties)
    for (const name of tensors) {
      const w = parameters.find((parameter) => parameter.name === name);
      if (w === undefined) throw new Error(`a penalty is for ${name}, which the model lacks`);
      if (l1 > 0) sum = add(graph, sum, scaled(graph, abs(graph, w), l1));
      if (l2 > 0) sum = add(graph, sum, scaled(graph, mul(graph, w, w), l2));
    }
  return sum;
}

function scaled(graph: ForwardGraph, x: Value, factor: number): Value {
  return mul(graph, reduceSum(graph, x), scalar(graph, factor));
}
