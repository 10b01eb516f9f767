import { elements } from "@descent/contracts";
import type { OnnxNode, OnnxTensor } from "./onnx-file.ts";
import { keyOf, type Prepared } from "./prepare-nodes.ts";

/** Which inputs of an operator, beside data, are what a model learns. */
const LEARNED: Record<string, readonly number[]> = {
  ...{ Gemm: [0, 1, 2], MatMul: [0, 1], Conv: [1, 2], ConvTranspose: [1, 2] },
  ...{ BatchNormalization: [1, 2], LayerNormalization: [1, 2] },
  ...{ InstanceNormalization: [1, 2], GroupNormalization: [1, 2], PRelu: [1], Gather: [0] },
};
/** Sums may have a bias, products a scale, joined tensors a learned part: at any place. */
const JOINING: readonly string[] = ["Add", "Sum", "Mul", "Concat"];
const PRODUCTS: readonly string[] = ["Gemm", "MatMul", "Conv", "ConvTranspose"];

/** What hands a tensor on in another shape. */
const MOVING: readonly string[] = [
  ...["Identity", "Cast", "CastLike", "Reshape", "Flatten", "Squeeze", "Unsqueeze"],
  ...["Transpose", "Expand", "Slice", "Split", "Gather", "Tile"],
];
const WITHOUT_DATA: readonly string[] = ["Shape", "Size"];

export interface Found {
  /** In the file's order. */
  parameters: string[];
  /** Running means and variances of batch normalisations. */
  statistics: string[];
  /** Names of values that are computed from the model's input. */
  fromData: Set<string>;
  /** The tensor that a value is in another shape; of a tensor itself too. */
  tensorOf(name: string): string | undefined;
}

/**
 * Which tensors of a file training moves: those of float32 that meet data where a model learns:
 * weights and biases of products, scales and biases of normalisations, tables that data choose from, slopes;
 * and tensors added to data, multiplied with data or joined with them. What data are divided by or what is
 * subtracted from them, as scalers do, is not, nor are bounds, running statistics, and what is computed
 * from tensors alone.
 *
 * A tensor of one number is one only as the bias of a product (or in a place where nothing else stands). What
 * a file writes into a node, and not among its initialisers, is none as a factor or joined part.
 */
export function findParameters({ nodes, tensors, literals }: Prepared, input: string): Found {
  const fromData = new Set([input]);
  const roots = new Map([...tensors.keys()].map((name) => [name, name]));
  const products = new Set<string>();
  const reshaped = new Set<string>();
  const found = new Set<string>();
  const statistics = new Set<string>();
  for (const node of nodes) {
    const key = keyOf(node);
    const isData = node.inputs.some((name) => fromData.has(name));
    if (isData && !WITHOUT_DATA.includes(key)) for (const name of node.outputs) fromData.add(name);
    const first = node.inputs[0] ?? "";
    const root = roots.get(first);
    if (MOVING.includes(key) && !isData && root !== undefined)
      for (const name of node.outputs) roots.set(name, root);
    if (PRODUCTS.includes(key) || (MOVING.includes(key) && products.has(first)))
      for (const name of node.outputs) products.add(name);
    if (key === "Reshape") for (const name of node.outputs) reshaped.add(name);
    if (key === "BatchNormalization")
      for (const name of node.inputs.slice(3, 5)) statistics.add(name);
    if (!isData) continue;
    const isBias = node.inputs.some((name) => products.has(name));
    // How PyTorch's exporters write a group normalisation: its own scale and bias come behind.
    if (key === "InstanceNormalization" && reshaped.has(first)) continue;
    for (const name of learnedBy(node, key)) {
      const tensor = roots.get(name);
      if (tensor === undefined || tensors.get(tensor)!.type !== "float32") continue;
      if (isLearned(key, tensors.get(tensor)!, literals.has(tensor), isBias)) found.add(tensor);
    }
  }
  return {
    parameters: [...tensors.keys()].filter((name) => found.has(name) && !statistics.has(name)),
    statistics: [...tensors].flatMap(([name, { type }]) =>
      statistics.has(name) && type === "float32" ? name : [],
    ),
    ...{ fromData, tensorOf: (name) => roots.get(name) },
  };
}

function learnedBy({ inputs }: OnnxNode, key: string): string[] {
  if (JOINING.includes(key)) return inputs;
  return (LEARNED[key] ?? []).flatMap((place) => inputs[place] ?? []);
}

/** Numbers beyond this keep attention from places: a mask. */
const MASKING = 1e30;

function isLearned(
  key: string,
  { shape, data }: OnnxTensor,
  isLiteral: boolean,
  isBias: boolean,
): boolean {
  if (shape.length === 0) return false;
  if (!JOINING.includes(key)) return true;
  if (key === "Add" || key === "Sum")
    return (isBias || elements(shape) > 1) && !data.some((x) => Math.abs(Number(x)) > MASKING);
  return elements(shape) > 1 && !isLiteral;
}
