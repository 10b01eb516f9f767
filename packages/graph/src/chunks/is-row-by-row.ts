import { type AnyGraph, type Node, numbersOf, type Op, type Value } from "../graph.ts";

/** Operators of which every row of what comes out depends on the same row of what goes in, if on any. */
const ROW_BY_ROW: ReadonlySet<Op> = new Set<Op>([
  ...(["Add", "Sub", "Mul", "Div", "Pow", "Neg", "Abs", "Sqrt", "Exp", "Log", "Erf"] as const),
  ...(["Identity", "Max", "Min", "Where", "Cast", "Clip", "Sign"] as const),
  ...(["Relu", "Tanh", "Sigmoid", "Softplus", "LeakyRelu", "Elu", "HardSigmoid"] as const),
  ...(["Equal", "Greater", "Less"] as const),
  ...(["Conv", "ConvTranspose", "MaxPool", "MaxUnpool", "AveragePool"] as const),
  ...(["GlobalAveragePool", "Concat", "Slice", "Pad", "Expand", "Squeeze", "Unsqueeze"] as const),
]);

/**
 * Whether a chunk of the rows can be worked out from the same chunk of what goes in. Products of matrices
 * are not counted among them: they are the faster, the more rows there are.
 */
export function isRowByRow(graph: AnyGraph, node: Node): boolean {
  if (node.outputs[0]!.shape[0] !== "rows") return false;
  const [x, axes] = node.inputs;
  switch (node.op) {
    case "Reshape":
    case "Flatten":
      return x!.shape[0] === "rows";
    case "Transpose":
      return node.attributes.perm[0] === 0;
    case "Softmax":
    case "LogSoftmax":
      return node.attributes.axis !== 0;
    case "ReduceSum":
    case "ReduceMean":
    case "ReduceMax":
      return axes !== undefined && !numbersOf(graph, axes).includes(0);
    default:
      return ROW_BY_ROW.has(node.op) && node.inputs.every(isAligned);
  }
}

/** Whether what comes out for the whole batch is the sum of what comes out for its chunks. */
export function isSumOverRows(graph: AnyGraph, { op, inputs }: Node): boolean {
  if (op === "KernelDerivative") return true;
  const [x, axes] = inputs;
  return (
    op === "ReduceSum" &&
    x!.shape[0] === "rows" &&
    (axes === undefined || numbersOf(graph, axes).includes(0))
  );
}

/** Whether the batch axis, if there is one, is the first. */
const isAligned = ({ shape }: Value) => !shape.includes("rows", 1);
