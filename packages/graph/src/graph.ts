/** An axis of a tensor: its length, or `rows`, the batch axis whose length each run decides. */
export type Axis = number | "rows";
export type ElementType = "float32" | "int32" | "int64" | "bool";

/** A tensor that flows through a graph, known by its unique name. A scalar has the shape []. */
export interface Value {
  name: string;
  type: ElementType;
  shape: readonly Axis[];
}

/**
 * The ONNX operators a model and its loss may be made of, with the attributes we set. Each one has a row
 * in the table of derivatives.
 */
export interface ForwardOps {
  /** op(a) · op(b) + c, where op transposes if told to; c is a row vector or left out. */
  Gemm: { transA: 0 | 1; transB: 0 | 1 };
  Conv: ConvAttributes;
  /** Outputs: the maxima, and their flat indices in the input. */
  MaxPool: { kernel_shape: number[]; strides: number[] };
  Flatten: { axis: number };
  Relu: Record<never, never>;
  Tanh: Record<never, never>;
  Sigmoid: Record<never, never>;
  /** Inputs: logits [rows, classes], class indices [rows]. Outputs: the loss and log(softmax(logits)). */
  SoftmaxCrossEntropyLoss: { reduction: "mean" };
  Sub: Record<never, never>;
  Mul: Record<never, never>;
  /** The mean over all axes: a scalar. */
  ReduceMean: { keepdims: 0 };
}

/** The ONNX operators that only derivatives and metrics use. */
export interface GradientOps {
  Add: Record<never, never>;
  ArgMax: { axis: number; keepdims: 0 };
  Cast: { to: number };
  ConvTranspose: ConvAttributes & { output_padding: number[] };
  Div: Record<never, never>;
  Equal: Record<never, never>;
  Exp: Record<never, never>;
  Expand: Record<never, never>;
  MaxUnpool: { kernel_shape: number[]; strides: number[] };
  OneHot: { axis: number };
  ReduceSum: { keepdims: 0 };
  Reshape: Record<never, never>;
  ScatterElements: { axis: number; reduction: "add" };
  Shape: Record<never, never>;
  Size: Record<never, never>;
  Slice: Record<never, never>;
  Transpose: { perm: number[] };
  Where: Record<never, never>;
}

/** `pads` are ONNX's: all begins, then all ends. */
export interface ConvAttributes {
  kernel_shape: number[];
  strides: number[];
  dilations: number[];
  pads: number[];
}

export interface Ops extends ForwardOps, GradientOps {}
export type ForwardOp = keyof ForwardOps;
export type Op = keyof Ops;

/** One application of an operator, told apart by `op`. */
export type Node<O extends Op = Op> = {
  [K in O]: { op: K; inputs: Value[]; outputs: Value[]; attributes: Ops[K] };
}[O];

export interface Constant {
  value: Value;
  data: Float32Array | Int32Array | BigInt64Array;
}

/**
 * Operators applied one after the other: nodes stand in an order in which they can run. Invariant in O, so
 * that nothing appends a node without a derivative to a forward graph.
 */
export interface Graph<in out O extends Op = Op> {
  inputs: Value[];
  constants: Constant[];
  nodes: Node<O>[];
}

/** The graph of a model and its loss: every node of it can be differentiated. */
export type ForwardGraph = Graph<ForwardOp>;

/** A graph that takes forward operators: a forward graph, or one that takes all. */
export type AnyGraph = ForwardGraph | Graph;

export function emptyGraph<O extends Op>(): Graph<O> {
  return { inputs: [], constants: [], nodes: [] };
}

/** Adds an input that every run must be given. */
export function addInput(
  graph: AnyGraph,
  name: string,
  type: ElementType,
  shape: readonly Axis[],
): Value {
  const value = { name, type, shape };
  graph.inputs.push(value);
  return value;
}

/** Adds a tensor whose numbers are part of the graph. */
export function addConstant(
  graph: AnyGraph,
  data: Constant["data"],
  shape: readonly number[],
): Value {
  const type =
    data instanceof Float32Array ? "float32" : data instanceof Int32Array ? "int32" : "int64";
  const value: Value = { name: `constant_${graph.constants.length}`, type, shape };
  graph.constants.push({ value, data });
  return value;
}
