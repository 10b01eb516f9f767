import type { Node, Value } from "../graph.ts";

/** How many numbers a node may give for one row: 256 MiB of float32, as of a layer. */
export const MAX_NUMBERS = 2 ** 26;
/** How many all nodes together may. VGG-16 gives 3e7. */
export const MAX_NUMBERS_IN_ALL = 2 ** 28;
/** How many of our operators a file may become, and how many axes a tensor may have. */
export const MAX_OPERATORS = 20_000;
export const MAX_AXES = 16;
/** How many numbers may be worked out at once while a file is translated, and in all: a second's work. */
export const MAX_FOLDED = 2 ** 16;
export const MAX_FOLDED_IN_ALL = 2 ** 20;
/** How many products one row may take, about a second of a core: VGG-16 takes 1.5e10. */
export const MAX_WORK = 5e10;

/** How many numbers a value has for one row; all of one that has no rows. */
export function perRow({ shape }: Value): number {
  return shape.reduce<number>((all, length) => (length === "rows" ? all : all * length), 1);
}

/** How many products a node takes for one row; of a pooling, how many comparisons. */
export function countWork(node: Node): number {
  const [x, w] = node.inputs;
  const y = perRow(node.outputs[0]!);
  switch (node.op) {
    case "Conv":
      return (y * perRow(w!)) / Number(w!.shape[0]);
    case "ConvTranspose":
      return (perRow(x!) * perRow(w!)) / Number(w!.shape[0]);
    case "Gemm":
      return y * Number(x!.shape[1 - node.attributes.transA]);
    case "MatMul":
      return y * Number(x!.shape.at(-1));
    case "MaxPool":
    case "AveragePool":
      return node.attributes.kernel_shape.reduce((all, length) => all * length, y);
    default:
      return y;
  }
}
