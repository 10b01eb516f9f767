import { DERIVATIVE_RULES } from "./derivative-rules.ts";
import type { DerivativeRule } from "./derivatives/derivative-rule.ts";
import type { ForwardGraph, ForwardOp, Graph, Node, Value } from "./graph.ts";

/** All values of the graph that the output has a derivative by, itself included. */
export function valuesBehind(graph: ForwardGraph, output: Value): Set<Value> {
  const behind = new Set([output]);
  const scratch: Graph = { inputs: [], constants: graph.constants, nodes: [] };
  for (const node of graph.nodes.toReversed()) {
    if (!behind.has(node.outputs[0]!)) continue;
    for (const [i, derivative] of rulesOf(scratch, node).entries())
      if (derivative !== null && node.inputs[i] !== undefined) behind.add(node.inputs[i]);
  }
  return behind;
}

/** Only whether there are derivatives is asked: none is appended. */
function rulesOf<O extends ForwardOp>(graph: Graph, node: Node<O>) {
  const rule: DerivativeRule<O> = DERIVATIVE_RULES[node.op as O];
  return rule(graph, node, node.outputs[0]!);
}
