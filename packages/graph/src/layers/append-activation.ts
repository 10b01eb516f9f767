import { type Activation, featureAxis } from "@descent/contracts";
import {
  add,
  elu,
  erf,
  leakyRelu,
  mul,
  relu,
  scalar,
  sigmoid,
  softmax,
  tanh,
} from "../append-nodes.ts";
import type { ForwardGraph, Value } from "../graph.ts";

/**
 * Appends an activation.
 *
 * @param slope of leaky_relu below zero
 * @param alpha of elu
 */
export function appendActivation(
  graph: ForwardGraph,
  activation: Activation,
  x: Value,
  { slope = 0.01, alpha = 1 }: { slope?: number; alpha?: number } = {},
): Value {
  switch (activation) {
    case "none":
      return x;
    case "relu":
      return relu(graph, x);
    case "leaky_relu":
      return leakyRelu(graph, x, slope);
    case "elu":
      return elu(graph, x, alpha);
    case "gelu":
      return gelu(graph, x);
    case "silu":
      return mul(graph, x, sigmoid(graph, x));
    case "sigmoid":
      return sigmoid(graph, x);
    case "tanh":
      return tanh(graph, x);
    case "softmax":
      return softmax(graph, x, 1 + featureAxis(x.shape.slice(1).map(Number)));
  }
}

/** x Φ(x), where Φ(x) = (1 + erf(x / √2)) / 2 is the normal distribution's (Hendrycks & Gimpel 2016). */
function gelu(graph: ForwardGraph, x: Value): Value {
  const part = erf(graph, mul(graph, x, scalar(graph, Math.SQRT1_2)));
  const twice = add(graph, part, scalar(graph, 1));
  return mul(graph, mul(graph, x, scalar(graph, 0.5)), twice);
}
