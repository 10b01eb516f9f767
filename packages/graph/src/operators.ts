import type { Graph, Value } from "./graph.ts";

type None = Record<never, never>;

/**
 * The ONNX operators (opset 18) a model and its loss may be made of, with the attributes we set. Each one
 * has a row in the table of derivatives. What ONNX takes as inputs but we know beforehand (axes, shapes,
 * pads, bounds, exponents) are constants of the graph.
 */
export interface ForwardOps {
  // Element by element; two and three inputs broadcast.
  Add: None;
  Sub: None;
  Mul: None;
  Div: None;
  /** Inputs: x and a constant scalar. */
  Pow: None;
  Neg: None;
  Abs: None;
  Sqrt: None;
  Exp: None;
  Log: None;
  Erf: None;
  Identity: None;
  Max: None;
  Min: None;
  /** Inputs: a bool condition, what to take where it is true, what where it is false. */
  Where: None;
  Cast: { to: number };
  /** Inputs: x, and two constant scalars. */
  Clip: None;

  // Activations, element by element.
  Relu: None;
  Tanh: None;
  Sigmoid: None;
  Softplus: None;
  LeakyRelu: { alpha: number };
  Elu: { alpha: number };
  HardSigmoid: { alpha: number; beta: number };
  Softmax: { axis: number };
  LogSoftmax: { axis: number };

  // Products.
  /** alpha · op(a) · op(b) + beta · c, where op transposes if told to; c broadcasts or is left out. */
  Gemm: { transA: 0 | 1; transB: 0 | 1; alpha: number; beta: number };
  /** The product over the last two axes; those before them broadcast. */
  MatMul: None;
  Conv: ConvAttributes;
  ConvTranspose: ConvAttributes & { output_padding: number[] };

  // Windows.
  /** Outputs: the maxima, and their flat indices in the input. */
  MaxPool: PoolAttributes;
  AveragePool: PoolAttributes & { count_include_pad: 0 | 1 };
  GlobalAveragePool: None;

  // Reductions over the axes of a second, constant input; over all where there is none.
  ReduceMean: { keepdims: 0 | 1 };
  ReduceSum: { keepdims: 0 | 1 };
  ReduceMax: { keepdims: 0 | 1 };
  /** Inputs: logits [rows, classes], class indices [rows]. Outputs: the loss and log(softmax(logits)). */
  SoftmaxCrossEntropyLoss: { reduction: "mean" };

  // The same numbers in another shape or place.
  Flatten: { axis: number };
  Reshape: None;
  Squeeze: None;
  Unsqueeze: None;
  Expand: None;
  Transpose: { perm: number[] };
  Concat: { axis: number };
  Slice: None;
  Gather: { axis: 0 };
  Pad: { mode: "constant" };

  // Truth and integers: no derivative passes.
  Equal: None;
  Greater: None;
  Less: None;
  Shape: None;
  Size: None;
}

/** The ONNX operators that only derivatives and metrics use. */
export interface GradientOps {
  ArgMax: { axis: number; keepdims: 0 };
  /**
   * The derivative of a convolution by its weights. Not of ONNX: sessions spell it out in the way that is
   * fastest there. Inputs: what the convolution took, and the derivative by what it gave.
   */
  KernelDerivative: ConvAttributes;
  MaxUnpool: Omit<PoolAttributes, "pads">;
  OneHot: { axis: number };
  ScatterElements: { axis: number; reduction: "add" };
  Sign: None;
}

/** What a session's graph needs besides (expandCrossEntropy, joinFeeds). */
export interface ExpandedOps {
  /** Inputs: x and, for every row, the places along the axis to take. */
  GatherElements: { axis: number };
  /** Inputs: x and the lengths of the parts. */
  Split: { axis: number };
}

/**
 * onnxruntime's own operators on blocks of channels, [rows, channels / block, height, width, block], which
 * a session's graph is rewritten to (blockConvolutions). Shapes are written as without blocks.
 */
export interface BlockedOps {
  BlockInput: { channels_last: 0 };
  BlockOutput: { channels: number; channels_last: 0 };
  BlockedConv: ConvAttributes;
  BlockedMaxPool: PoolAttributes & { dilations: number[] };
  BlockedGlobalAveragePool: None;
}

/** `pads` are ONNX's: all begins, then all ends. */
export interface PoolAttributes {
  kernel_shape: number[];
  strides: number[];
  pads: number[];
}

/** The weights are [filters, channels / group, ...kernel]; each group of channels has filters of its own. */
export interface ConvAttributes extends PoolAttributes {
  dilations: number[];
  group: number;
}

/** What a session's graph needs to work through the batch in chunks of rows. */
export interface ChunkOps {
  /**
   * Runs the body once for each element along the first axis of the inputs, of which there are
   * `num_scan_inputs`, and stacks what comes out. The body may read what the graph around it has.
   */
  Scan: { body: Body; num_scan_inputs: number };
}

export interface Body {
  graph: Graph;
  outputs: Value[];
}

export interface Ops extends ForwardOps, GradientOps, ExpandedOps, BlockedOps, ChunkOps {}
export type ForwardOp = keyof ForwardOps;
export type Op = keyof Ops;
