import { type AnyGraph, type Graph, type Node, startRewriting, type Value } from "../graph.ts";
import { createBlockLayout } from "./block-layout.ts";
import { createConvolutionLayout } from "./convolutions.ts";
import { layOutElementwise } from "./elementwise.ts";
import { layOutKernelDerivative } from "./kernel-derivatives.ts";
import { createPoolingLayout } from "./pooling.ts";

export interface LaidOut {
  graph: Graph;
  /** For which node of the graph before each was made. */
  madeFor: Map<Node, Node>;
  /** What sums over the rows, where it is not the last that was made for a node. */
  sums: Set<Value>;
}

/**
 * Rewrites convolutions, and what lies between them, for MLAS's direct kernels, which hold a tensor in
 * blocks of channels and multiply without unrolling windows first. onnxruntime does so by itself only where
 * the weights are constants, and never in derivatives. It is this machine's layout: for sessions, never for
 * files. Values stay in blocks from operator to operator, and are reordered only where one takes them that
 * has no row here; what does not fill blocks is left as it is.
 *
 * @param outputs what is asked of the graph
 * @param block channels per block, as findBlock gives; null leaves all as it is
 * @param rowsFill whether every run has a multiple of `block` rows: then derivatives by weights take blocks
 *   of rows as well
 * @param zeros whether channels of zeros may fill blocks up
 */
export function layOutInBlocks(
  graph: AnyGraph,
  outputs: readonly Value[],
  block: number | null,
  { rowsFill, zeros }: { rowsFill: boolean; zeros: boolean },
): LaidOut {
  const nodes: readonly Node[] = graph.nodes;
  if (block === null) {
    const same = { ...graph, nodes: [...nodes] };
    return { graph: same, madeFor: new Map(nodes.map((node) => [node, node])), sums: new Set() };
  }
  const rewritten = startRewriting(graph, "blocks_");
  const layout = createBlockLayout(rewritten, { block, rowsFill, zeros });
  const convolutions = createConvolutionLayout(layout);
  const pooling = createPoolingLayout(layout, graph);
  const isLaidOut = (node: Node): boolean => {
    switch (node.op) {
      case "Conv":
      case "ConvTranspose":
        return convolutions.layOut(node);
      case "KernelDerivative":
        return layOutKernelDerivative(layout, convolutions, node);
      case "MaxPool":
        return pooling.layOutMaxPool(node);
      case "MaxUnpool":
        return pooling.layOutMaxUnpool(node);
      case "GlobalAveragePool":
        return pooling.layOutGlobalAveragePool(node);
      case "ReduceSum":
        return pooling.layOutSum(node);
      default:
        return layOutElementwise(layout, node);
    }
  };
  const madeFor = new Map<Node, Node>();
  for (const node of nodes) {
    const begin = rewritten.nodes.length;
    if (!isLaidOut(node)) {
      // The lengths of the axes are the same in blocks.
      const inputs = node.inputs.map(node.op === "Shape" ? layout.any : layout.plain);
      rewritten.nodes.push({ ...node, inputs } as Node);
    }
    for (const made of rewritten.nodes.slice(begin)) madeFor.set(made, node);
  }
  for (const output of outputs) layout.plain(output);
  return { graph: rewritten, madeFor, sums: layout.sums };
}
