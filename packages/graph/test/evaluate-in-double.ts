import type { ForwardGraph, ForwardOp, Node, Value } from "../src/graph.ts";
import { ELEMENTWISE } from "./double/elementwise.ts";
import { POOLING } from "./double/pooling.ts";
import { PRODUCTS } from "./double/products.ts";
import { REDUCTIONS } from "./double/reductions.ts";
import { SHAPES } from "./double/shapes.ts";
import type { Double, Operator, Operators } from "./double/tensor.ts";

export { type Double, double } from "./double/tensor.ts";

const OPERATORS: Operators<ForwardOp> = {
  ...ELEMENTWISE,
  ...PRODUCTS,
  ...POOLING,
  ...REDUCTIONS,
  ...SHAPES,
};

/**
 * Runs a forward graph as its operators are defined in ONNX's Operators.md, in plain loops and doubles: the
 * other source against which onnxruntime and the derivatives are held.
 */
export function evaluateInDouble(
  graph: ForwardGraph,
  feeds: ReadonlyMap<Value, Double>,
): Map<Value, Double> {
  const constants = graph.constants.map(({ value, data }): [Value, Double] => [
    value,
    { shape: value.shape.map(Number), data: Float64Array.from(data, Number) },
  ]);
  const values = new Map([...constants, ...feeds]);
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => values.get(input)!);
    values.set(node.outputs[0]!, run(node, inputs));
  }
  return values;
}

function run<O extends ForwardOp>(node: Node<O>, inputs: Double[]): Double {
  const operator: Operator<O> = OPERATORS[node.op as O];
  return operator(inputs, node.attributes);
}
