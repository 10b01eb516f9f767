import { append } from "../append/append-node.ts";
import type { Node, Op, Value } from "../graph.ts";
import type { BlockLayout } from "./block-layout.ts";

const ELEMENTWISE: ReadonlySet<Op> = new Set<Op>([
  ...(["Add", "Sub", "Mul", "Div", "Pow", "Neg", "Abs", "Sqrt", "Exp", "Log", "Erf"] as const),
  ...(["Identity", "Max", "Min", "Where", "Cast", "Clip", "Sign"] as const),
  ...(["Relu", "Tanh", "Sigmoid", "Softplus", "LeakyRelu", "Elu", "HardSigmoid"] as const),
  ...(["Equal", "Greater", "Less"] as const),
]);

/**
 * Operators that work element by element do so in any order: on images of one shape, and scalars. They take
 * what is not in blocks into them when one of their images is.
 */
export function layOutElementwise(layout: BlockLayout, node: Node): boolean {
  const y = node.outputs[0]!;
  if (!ELEMENTWISE.has(node.op) || !layout.fits(y)) return false;
  const isScalar = ({ shape }: Value) => shape.every((length) => length === 1);
  const images = node.inputs.filter((input) => !isScalar(input));
  const isImage = (input: Value) =>
    input.shape.length === 4 && input.shape.every((length, axis) => length === y.shape[axis]);
  if (!images.every(isImage) || !images.some(layout.isBlocked)) return false;
  if (images.some((input) => input.type !== "float32" && !layout.isBlocked(input))) return false;
  const inputs = node.inputs.map((input) =>
    isScalar(input) ? layout.plain(input) : layout.blocked(input),
  );
  const { shape } = layout.blocked(images[0]!);
  layout.setBlocked(node, append(layout.graph, node.op, inputs, node.attributes, shape, y.type));
  return true;
}
