import type { ForwardOp, Graph, Node, Value } from "../graph.ts";

/**
 * The derivative of one operator: given dy, the derivative of the loss by the operator's first output,
 * one function per input that appends the nodes for the loss's derivative by that input, in that input's
 * shape. Only the functions whose result is needed are called. Null: no derivative passes to that input.
 */
export type DerivativeRule<O extends ForwardOp> = (
  graph: Graph,
  node: Node<O>,
  dy: Value,
) => ((() => Value) | null)[];

/** Rows of the table of derivatives. */
export type DerivativeRules<O extends ForwardOp> = { [K in O]: DerivativeRule<K> };
