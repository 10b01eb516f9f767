import { add, scalar } from "./append-nodes.ts";
import { DERIVATIVE_RULES } from "./derivative-rules.ts";
import type { DerivativeRule } from "./derivatives/derivative-rule.ts";
import type { ForwardGraph, ForwardOp, Graph, Node, Value } from "./graph.ts";

/**
 * Reverse-mode differentiation: walks the nodes backwards and hands each one's derivative on to its inputs
 * by the table of rules. Only what leads from `loss` to `wanted` is appended: the first layer's input
 * gets no derivative.
 *
 * @param forward left as it is
 * @param loss a float32 scalar of the graph
 * @param wanted values of the graph, usually its parameters
 * @returns the forward graph continued by its derivative, and the loss's derivative by each wanted value
 * @throws Error when the loss does not depend on a wanted value
 */
export function differentiate(
  forward: ForwardGraph,
  loss: Value,
  wanted: readonly Value[],
): { graph: Graph; gradients: Value[] } {
  const graph: Graph = {
    inputs: [...forward.inputs],
    constants: [...forward.constants],
    nodes: [...forward.nodes],
  };
  const leads = leadsTo(forward, wanted);
  const derivatives = new Map<Value, Value>([[loss, scalar(graph, 1)]]);
  for (const node of forward.nodes.toReversed()) {
    const dy = derivatives.get(node.outputs[0]!);
    if (dy === undefined || !leads.has(node.outputs[0]!)) continue;
    for (const [i, derivative] of derivativesOf(graph, node, dy).entries()) {
      const input = node.inputs[i];
      if (derivative === null || input === undefined || !leads.has(input)) continue;
      const sum = derivatives.get(input);
      derivatives.set(input, sum === undefined ? derivative() : add(graph, sum, derivative()));
    }
  }
  const gradients = wanted.map((value) => {
    const gradient = derivatives.get(value);
    if (gradient === undefined) throw new Error(`the loss does not depend on ${value.name}`);
    return gradient;
  });
  return { graph, gradients };
}

/** The wanted values and all that is computed from them. */
function leadsTo(forward: ForwardGraph, wanted: readonly Value[]): Set<Value> {
  const leads = new Set(wanted);
  for (const node of forward.nodes)
    if (node.inputs.some((input) => leads.has(input)))
      for (const output of node.outputs) leads.add(output);
  return leads;
}

function derivativesOf<O extends ForwardOp>(graph: Graph, node: Node<O>, dy: Value) {
  const rule: DerivativeRule<O> = DERIVATIVE_RULES[node.op as O];
  return rule(graph, node, dy);
}
