import {
  conv,
  convTranspose,
  gemm,
  kernelDerivative,
  matmul,
  mul,
  reduceSum,
  reshape,
  scalar,
  transpose,
} from "../append-nodes.ts";
import type { Graph, Value } from "../graph.ts";
import { countRemainders } from "./count-remainders.ts";
import type { DerivativeRules } from "./derivative-rule.ts";
import { sumToShape } from "./sum-to-shape.ts";

export const PRODUCTS: DerivativeRules<"Gemm" | "MatMul" | "Conv" | "ConvTranspose"> = {
  // y = α·a·b + β·c: da = α·dy·bᵀ, db = α·aᵀ·dy, dc = β·dy summed to its shape; where a factor was
  // transposed, so is its derivative.
  Gemm: (graph, { inputs: [a, b, c], attributes: { transA, transB, alpha, beta } }, dy) => [
    transA
      ? () => gemm(graph, b!, dy, { transA: transB, transB: 1, alpha })
      : () => gemm(graph, dy, b!, { transB: transB ? 0 : 1, alpha }),
    transB
      ? () => gemm(graph, dy, a!, { transA: 1, transB: transA, alpha })
      : () => gemm(graph, a!, dy, { transA: transA ? 0 : 1, alpha }),
    () => {
      const sum = sumToShape(graph, dy, c!);
      return beta === 1 ? sum : mul(graph, sum, scalar(graph, beta));
    },
  ],

  // y = a·b, over the last two axes: da = dy·bᵀ, db = aᵀ·dy, each summed to its shape.
  MatMul: (graph, { inputs: [a, b] }, dy) => [
    () => sumToShape(graph, matmul(graph, dy, swapLast(graph, b!)), a!),
    () =>
      b!.shape.length === 2
        ? gemm(graph, asRows(graph, a!), asRows(graph, dy), { transA: 1 })
        : sumToShape(graph, matmul(graph, swapLast(graph, a!), dy), b!),
  ],

  // y[n,f] = Σ_c x[n,c] ⋆ w[f,c] + b[f]: dx is the transposed convolution of dy by w, dw[f,c] = Σ_n x[n,c] ⋆
  // dy[n,f], and db the sum of dy over all but its channels. `output_padding` gives the inputs past the last
  // window their place (and the derivative 0).
  Conv: (graph, { inputs: [x, w], attributes }, dy) => [
    () => {
      const output_padding = countRemainders(x!, attributes);
      return convTranspose(graph, dy, w!, { ...attributes, output_padding });
    },
    () => kernelDerivative(graph, x!, dy, attributes),
    () => reduceSum(graph, dy, allButChannels(dy)),
  ],

  // The same with image and output in each other's place: dx is the convolution of dy by w.
  ConvTranspose: (
    graph,
    { inputs: [x, w], attributes: { output_padding: _, ...attributes } },
    dy,
  ) => [
    () => conv(graph, dy, w!, attributes),
    () => kernelDerivative(graph, dy, x!, attributes),
    () => reduceSum(graph, dy, allButChannels(dy)),
  ],
};

const allButChannels = (x: Value) => Array.from(x.shape.keys()).filter((axis) => axis !== 1);

/** A matrix of the last axis. */
function asRows(graph: Graph, x: Value): Value {
  return x.shape.length === 2 ? x : reshape(graph, x, ["rows", x.shape.at(-1)!]);
}

function swapLast(graph: Graph, x: Value): Value {
  const last = x.shape.length - 1;
  const rest = Array.from({ length: last - 1 }, (_, axis) => axis);
  return transpose(graph, x, [...rest, last, last - 1]);
}
