import {
  type AnyGraph,
  type Axis,
  addConstant,
  type ConvAttributes,
  type ElementType,
  type Graph,
  type Node,
  type Op,
  type Ops,
  type Value,
} from "./graph.ts";

/*
 * One function per operator: it appends the node and works out the shape of what comes out. Shapes are
 * checked where layers can be wrong (contracts/shapes), so that here they are only followed.
 */

export function gemm(
  graph: AnyGraph,
  a: Value,
  b: Value,
  { transA = 0, transB = 0, bias }: { transA?: 0 | 1; transB?: 0 | 1; bias?: Value } = {},
): Value {
  const inputs = bias === undefined ? [a, b] : [a, b, bias];
  const shape = [a.shape[transA]!, b.shape[1 - transB]!];
  return append(graph, "Gemm", inputs, { transA, transB }, shape);
}

export function conv(
  graph: AnyGraph,
  input: Value,
  weight: Value,
  attributes: ConvAttributes,
  bias?: Value,
): Value {
  const inputs = bias === undefined ? [input, weight] : [input, weight, bias];
  const { kernel_shape, strides, dilations, pads } = attributes;
  const spatial = kernel_shape.map((kernel, axis) => {
    const padded = length(input, axis + 2) + pads[axis]! + pads[axis + 2]!;
    return Math.floor((padded - (kernel - 1) * dilations[axis]! - 1) / strides[axis]!) + 1;
  });
  return append(graph, "Conv", inputs, attributes, [input.shape[0]!, weight.shape[0]!, ...spatial]);
}

/** The input of a convolution that would send each output back along the weights it came by. */
export function convTranspose(
  graph: Graph,
  input: Value,
  weight: Value,
  attributes: Ops["ConvTranspose"],
): Value {
  const { kernel_shape, strides, pads, output_padding } = attributes;
  const spatial = kernel_shape.map((kernel, axis) => {
    const spread = (length(input, axis + 2) - 1) * strides[axis]! + kernel;
    return spread - pads[axis]! - pads[axis + 2]! + output_padding[axis]!;
  });
  const shape = [input.shape[0]!, weight.shape[1]!, ...spatial];
  return append(graph, "ConvTranspose", [input, weight], attributes, shape);
}

export function maxPool(graph: AnyGraph, input: Value, size: number, stride: number): Value {
  const pooled = (axis: number) => Math.floor((length(input, axis) - size) / stride) + 1;
  const shape = [input.shape[0]!, input.shape[1]!, pooled(2), pooled(3)];
  const attributes = { kernel_shape: [size, size], strides: [stride, stride] };
  const outputs = [
    { type: "float32", shape },
    { type: "int64", shape },
  ] as const;
  return appendNode(graph, "MaxPool", [input], attributes, outputs)[0]!;
}

export function flatten(graph: AnyGraph, input: Value): Value {
  const features = input.shape
    .slice(1)
    .reduce<number>((product, axis) => product * Number(axis), 1);
  return append(graph, "Flatten", [input], { axis: 1 }, [input.shape[0]!, features]);
}

/** The mean over the rows of −log(softmax(logits)[target]). */
export function softmaxCrossEntropyLoss(graph: AnyGraph, logits: Value, targets: Value): Value {
  const outputs = [
    { type: "float32", shape: [] },
    { type: "float32", shape: logits.shape },
  ] as const;
  const attributes = { reduction: "mean" } as const;
  return appendNode(graph, "SoftmaxCrossEntropyLoss", [logits, targets], attributes, outputs)[0]!;
}

/** relu, tanh or sigmoid, element by element. */
export function activate(graph: AnyGraph, op: "Relu" | "Tanh" | "Sigmoid", x: Value): Value {
  return append(graph, op, [x], {}, x.shape);
}

export function sub(graph: AnyGraph, a: Value, b: Value): Value {
  return append(graph, "Sub", [a, b], {}, wider(a, b));
}

export function mul(graph: AnyGraph, a: Value, b: Value): Value {
  return append(graph, "Mul", [a, b], {}, wider(a, b));
}

export function reduceMean(graph: AnyGraph, x: Value): Value {
  return append(graph, "ReduceMean", [x], { keepdims: 0 }, []);
}

export function add(graph: Graph, a: Value, b: Value): Value {
  return append(graph, "Add", [a, b], {}, wider(a, b));
}

export function div(graph: Graph, a: Value, b: Value): Value {
  return append(graph, "Div", [a, b], {}, wider(a, b));
}

export function equal(graph: Graph, a: Value, b: Value): Value {
  return append(graph, "Equal", [a, b], {}, wider(a, b), "bool");
}

export function exp(graph: Graph, x: Value): Value {
  return append(graph, "Exp", [x], {}, x.shape);
}

/** The sum over the axes given: they vanish. */
export function reduceSum(graph: Graph, x: Value, axes: readonly number[]): Value {
  const shape = x.shape.filter((_, axis) => !axes.includes(axis));
  return append(graph, "ReduceSum", [x, integers(graph, axes)], { keepdims: 0 }, shape, x.type);
}

export function transpose(graph: Graph, x: Value, perm: number[]): Value {
  const shape = perm.map((axis) => x.shape[axis]!);
  return append(graph, "Transpose", [x], { perm }, shape);
}

/** Reshapes to `shape`, in which `rows` is worked out from the number of elements. */
export function reshape(graph: Graph, x: Value, shape: readonly Axis[]): Value {
  const target = integers(
    graph,
    shape.map((axis) => (axis === "rows" ? -1 : axis)),
  );
  return append(graph, "Reshape", [x, target], {}, shape, x.type);
}

/** The first `lengths` elements of the last axes of x. */
export function crop(graph: Graph, x: Value, lengths: readonly number[]): Value {
  const first = x.shape.length - lengths.length;
  const axes = lengths.map((_, axis) => first + axis);
  const starts = lengths.map(() => 0);
  const inputs = [x, ...[starts, lengths, axes].map((numbers) => integers(graph, numbers))];
  return append(graph, "Slice", inputs, {}, [...x.shape.slice(0, first), ...lengths]);
}

export function shapeOf(graph: Graph, x: Value): Value {
  return append(graph, "Shape", [x], {}, [x.shape.length], "int64");
}

/** How many elements x has, as a float32 scalar. */
export function countOf(graph: Graph, x: Value): Value {
  return cast(graph, append(graph, "Size", [x], {}, [], "int64"), "float32");
}

/** Repeats a scalar until it has the shape of `like`. */
export function expandLike(graph: Graph, x: Value, like: Value): Value {
  return append(graph, "Expand", [x, shapeOf(graph, like)], {}, like.shape);
}

export function cast(graph: Graph, x: Value, type: ElementType): Value {
  return append(graph, "Cast", [x], { to: ELEMENT_TYPES[type] }, x.shape, type);
}

export function argMax(graph: Graph, x: Value): Value {
  const axis = x.shape.length - 1;
  return append(graph, "ArgMax", [x], { axis, keepdims: 0 }, x.shape.slice(0, axis), "int64");
}

/** For every class index a row of `depth` zeros with a one at the index. */
export function oneHot(graph: Graph, indices: Value, depth: number): Value {
  const inputs = [
    indices,
    addConstant(graph, Int32Array.of(depth), []),
    addConstant(graph, Float32Array.of(0, 1), [2]),
  ];
  return append(graph, "OneHot", inputs, { axis: -1 }, [...indices.shape, depth]);
}

/** Zeros in the shape of `like`, with every element of x put where its index says. No index may occur twice. */
export function maxUnpool(
  graph: Graph,
  x: Value,
  indices: Value,
  like: Value,
  attributes: Ops["MaxUnpool"],
): Value {
  return append(graph, "MaxUnpool", [x, indices, shapeOf(graph, like)], attributes, like.shape);
}

/** Zeros in the shape of `like`, with every element of x added where its flat index says. */
export function scatterAdd(graph: Graph, x: Value, indices: Value, like: Value): Value {
  const zeros = reshape(graph, expandLike(graph, scalar(graph, 0), like), ["rows"]);
  const flat = [zeros, reshape(graph, indices, ["rows"]), reshape(graph, x, ["rows"])];
  const sums = append(graph, "ScatterElements", flat, { axis: 0, reduction: "add" }, ["rows"]);
  return reshape(graph, sums, like.shape);
}

/** x where the condition is true, else zero. */
export function where(graph: Graph, condition: Value, x: Value): Value {
  return append(graph, "Where", [condition, x, scalar(graph, 0)], {}, x.shape);
}

export function scalar(graph: AnyGraph, number: number): Value {
  return addConstant(graph, Float32Array.of(number), []);
}

/** ONNX's numbers of the element types: TensorProto.DataType in onnx.proto. */
export const ELEMENT_TYPES: Record<ElementType, number> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
};

function integers(graph: AnyGraph, numbers: readonly number[]): Value {
  return addConstant(graph, BigInt64Array.from(numbers, BigInt), [numbers.length]);
}

/** Of two shapes that are equal, or of which one is a scalar's, the one that comes out. */
function wider(a: Value, b: Value): readonly Axis[] {
  return a.shape.length >= b.shape.length ? a.shape : b.shape;
}

/** The length of an axis that is not the batch axis. */
function length(x: Value, axis: number): number {
  return Number(x.shape[axis]);
}

function append<O extends Op>(
  graph: AnyGraph,
  op: O,
  inputs: Value[],
  attributes: Ops[O],
  shape: readonly Axis[],
  type: ElementType = "float32",
): Value {
  return appendNode(graph, op, inputs, attributes, [{ type, shape }])[0]!;
}

function appendNode<O extends Op>(
  graph: AnyGraph,
  op: O,
  inputs: Value[],
  attributes: Ops[O],
  outputs: readonly Omit<Value, "name">[],
): Value[] {
  const named = outputs.map((output, i) => ({
    ...output,
    name: `${op}_${graph.nodes.length}_${i}`,
  }));
  const nodes: Node[] = graph.nodes;
  nodes.push({ op, inputs, outputs: named, attributes } as Node);
  return named;
}
