import {
  cast,
  conv,
  convTranspose,
  countOf,
  crop,
  div,
  exp,
  expandLike,
  gemm,
  maxUnpool,
  mul,
  oneHot,
  reduceSum,
  reshape,
  scalar,
  scatterAdd,
  sub,
  transpose,
  where,
} from "./append-nodes.ts";
import type { ForwardOp, Graph, Node, Value } from "./graph.ts";

/**
 * The derivative of one operator: given dy, the derivative of the loss by the operator's first output,
 * one function per input that appends the nodes for the loss's derivative by that input. Only the
 * functions whose result is needed are called. Null: the loss has no derivative by that input.
 */
export type DerivativeRule<O extends ForwardOp> = (
  graph: Graph,
  node: Node<O>,
  dy: Value,
) => ((() => Value) | null)[];

/** Vector-Jacobian products, one row per operator. */
export const DERIVATIVE_RULES: { [O in ForwardOp]: DerivativeRule<O> } = {
  // y = a·b + c: da = dy·bᵀ, db = aᵀ·dy, dc = the sum of dy over the rows; where a factor was transposed,
  // so is its derivative.
  Gemm: (graph, { inputs: [a, b], attributes: { transA, transB } }, dy) => [
    transA
      ? () => gemm(graph, b!, dy, { transA: transB, transB: 1 })
      : () => gemm(graph, dy, b!, { transB: transB ? 0 : 1 }),
    transB
      ? () => gemm(graph, dy, a!, { transA: 1, transB: transA })
      : () => gemm(graph, a!, dy, { transA: transA ? 0 : 1 }),
    () => reduceSum(graph, dy, [0]),
  ],

  // y[n,f] = Σ_c x[n,c] ⋆ w[f,c] + b[f]: dx is the transposed convolution of dy by w.
  Conv: (graph, node, dy) => [
    () => convInputDerivative(graph, node, dy),
    () => convWeightDerivative(graph, node, dy),
    () => reduceSum(graph, dy, [0, 2, 3]),
  ],

  // dx is dy at the place the maximum came from, the first of several, and 0 elsewhere. An input that is
  // the maximum of several overlapping windows gets the sum.
  MaxPool: (graph, { inputs: [x], outputs: [, indices], attributes }, dy) => [
    () =>
      attributes.strides.every((stride, axis) => stride >= attributes.kernel_shape[axis]!)
        ? maxUnpool(graph, dy, indices!, x!, attributes)
        : scatterAdd(graph, dy, indices!, x!),
  ],

  // The same numbers in another shape.
  Flatten: (graph, { inputs: [x] }, dy) => [() => reshape(graph, dy, x!.shape)],

  // dx = dy where y > 0, else 0; y is never negative, so that as a truth value it says just that. (Sign
  // and a product take twice the time in onnxruntime.)
  Relu: (graph, { outputs: [y] }, dy) => [() => where(graph, cast(graph, y!, "bool"), dy)],

  // dx = dy · (1 − y²)
  Tanh: (graph, { outputs: [y] }, dy) => [
    () => mul(graph, dy, sub(graph, scalar(graph, 1), mul(graph, y!, y!))),
  ],

  // dx = dy · y · (1 − y)
  Sigmoid: (graph, { outputs: [y] }, dy) => [
    () => mul(graph, dy, mul(graph, y!, sub(graph, scalar(graph, 1), y!))),
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

  // y = a − b: da = dy, db = −dy
  Sub: (graph, _, dy) => [() => dy, () => mul(graph, dy, scalar(graph, -1))],

  // y = a · b: da = dy · b, db = dy · a
  Mul: (graph, { inputs: [a, b] }, dy) => [() => mul(graph, dy, b!), () => mul(graph, dy, a!)],

  // dx = dy / the number of elements, everywhere
  ReduceMean: (graph, { inputs: [x] }, dy) => [
    () => expandLike(graph, div(graph, dy, countOf(graph, x!)), x!),
  ],
};

/**
 * The transposed convolution of dy by the weights. `output_padding` gives the inputs past the last window
 * their place (and the derivative 0).
 */
function convInputDerivative(graph: Graph, node: Node<"Conv">, dy: Value): Value {
  const { kernel_shape, strides, dilations, pads } = node.attributes;
  return convTranspose(graph, dy, node.inputs[1]!, {
    kernel_shape,
    strides,
    dilations,
    pads,
    output_padding: remainders(node),
  });
}

/**
 * dw[f,c] = Σ_n x[n,c] ⋆ dy[n,f]: a convolution with the batch and channel axes swapped, whose kernel is
 * dy, spread by the forward stride. Where inputs lie past the last window it slides over them too; that
 * surplus is cropped.
 */
function convWeightDerivative(graph: Graph, node: Node<"Conv">, dy: Value): Value {
  const { kernel_shape, strides, pads } = node.attributes;
  const swap = [1, 0, 2, 3];
  const dw = conv(graph, transpose(graph, node.inputs[0]!, swap), transpose(graph, dy, swap), {
    kernel_shape: dy.shape.slice(2).map(Number),
    strides: [1, 1],
    dilations: strides,
    pads,
  });
  const exact = kernel_shape.every((length, axis) => dw.shape[axis + 2] === length);
  return transpose(graph, exact ? dw : crop(graph, dw, kernel_shape), swap);
}

/** How many elements of the padded input lie past the last window, along height and width. */
function remainders({ inputs: [x], attributes }: Node<"Conv">): number[] {
  const { kernel_shape, strides, dilations, pads } = attributes;
  return kernel_shape.map((kernel, axis) => {
    const padded = Number(x!.shape[axis + 2]) + pads[axis]! + pads[axis + 2]!;
    return (padded - (kernel - 1) * dilations[axis]! - 1) % strides[axis]!;
  });
}
