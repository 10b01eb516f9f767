import type { Found } from "./find-parameters.ts";
import type { OnnxNode, OnnxTensor } from "./onnx-file.ts";
import { keyOf, leadingTo, type Prepared } from "./prepare-nodes.ts";

/** The last product with weights of its own, which a new one can replace. */
export interface FoundHead {
  node: OnnxNode;
  kind: "dense" | "conv";
  /** What the product and its bias give together. */
  output: string;
  /** Of one output: the features, or the channels and kernel of a filter. */
  inputs: number[];
  weight: string;
  /** What Reshapes behind a convolution give that only flatten it, but to a number of filters written down. */
  flattened: ReadonlySet<string>;
}

const PASSING: readonly string[] = ["Identity", "Cast"];

/**
 * The head of a model: the last Gemm, MatMul or Conv with a trained weight, through which alone data reach the
 * output, and whose weight nothing else takes. Null where there is none.
 */
export function findHead(prepared: Prepared, input: string, found: Found): FoundHead | null {
  const { nodes, tensors } = prepared;
  const trained = new Set(found.parameters);
  const takers = new Map<string, OnnxNode[]>();
  for (const node of nodes)
    for (const name of node.inputs) {
      const others = takers.get(name);
      if (others === undefined) takers.set(name, [node]);
      else others.push(node);
    }
  const node = nodes.findLast(({ inputs, ...of }) => {
    const root = found.tensorOf(inputs[1] ?? "");
    const isProduct = ["Gemm", "MatMul", "Conv"].includes(keyOf(of));
    return isProduct && root !== undefined && trained.has(root) && found.fromData.has(inputs[0]!);
  });
  const weight = node?.inputs[1];
  if (!node || !weight || !isOnlyWay(prepared, input, node)) return null;
  // Neither one that is taken twice, nor one that comes in another shape.
  if (takers.get(weight)!.length !== 1 || !tensors.has(weight)) return null;
  const shape = tensors.get(weight)!.shape;
  const { op, attributes } = node;
  const output = withBias(node, takers, tensors, found);
  if (op === "Conv") {
    if ((attributes.get("group") ?? 1) !== 1) return null;
    return { node, kind: "conv", output, inputs: shape.slice(1), weight, flattened: new Set() };
  }
  if (shape.length !== 2 || attributes.get("transA") === 1) return null;
  const features = shape[attributes.get("transB") === 1 ? 1 : 0]!;
  return { node, kind: "dense", output, inputs: [features], weight, flattened: new Set() };
}

/** The bias may be added by a node of its own. */
function withBias(
  node: OnnxNode,
  takers: ReadonlyMap<string, readonly OnnxNode[]>,
  tensors: ReadonlyMap<string, OnnxTensor>,
  found: Found,
): string {
  const own = node.outputs[0]!;
  let name = own;
  for (;;) {
    const [taker, ...others] = takers.get(name) ?? [];
    if (taker === undefined || others.length > 0) return own;
    if (keyOf(taker) === "Add") {
      const isBias = taker.inputs.some((other) => {
        const root = found.tensorOf(other);
        return root !== undefined && tensors.get(root)!.shape.filter((n) => n !== 1).length <= 1;
      });
      return isBias ? taker.outputs[0]! : own;
    }
    if (!PASSING.includes(keyOf(taker))) return own;
    name = taker.outputs[0]!;
  }
}

/** Whether data reach the output through this node only. */
function isOnlyWay({ nodes, outputName }: Prepared, input: string, only: OnnxNode): boolean {
  const reached = new Set([input]);
  for (const node of nodes)
    if (node !== only && node.inputs.some((name) => reached.has(name)))
      for (const name of node.outputs) reached.add(name);
  return !reached.has(outputName);
}

/**
 * The model with a new head: a dense one ends it; what follows a convolution stays.
 *
 * @param name of the new head's tensors
 */
export function replaceHead(
  prepared: Prepared,
  { node, kind, output, flattened }: FoundHead,
  name: string,
): Prepared {
  const inputs = [node.inputs[0]!, `${name}.weight`, `${name}.bias`];
  const attributes = kind === "dense" ? new Map([["transB", 1]]) : node.attributes;
  const op = kind === "dense" ? "Gemm" : "Conv";
  const head: OnnxNode = { ...node, op, inputs, attributes, outputs: [output] };
  const outputName = kind === "dense" ? output : prepared.outputName;
  // The node that added the old bias gives the same value: the new head stands in its place.
  const nodes = prepared.nodes.flatMap((other) => {
    if (other.outputs[0] === output) return [head];
    if (flattened.has(other.outputs[0]!)) return [flatten(other)];
    return other === node ? [] : [other];
  });
  return leadingTo({ ...prepared, nodes }, outputName);
}

const flatten = (node: OnnxNode): OnnxNode => ({
  ...node,
  op: "Flatten",
  inputs: [node.inputs[0]!],
  attributes: new Map([["axis", 1]]),
});
