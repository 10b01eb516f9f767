import type { AnyGraph, Node, Value } from "../graph.ts";
import { isRowByRow, isSumOverRows } from "./is-row-by-row.ts";

/**
 * The stages of a step, each of which needs only those before it:
 * - before: what depends on parameters alone;
 * - forward: the convolutions and what lies between them, chunk by chunk;
 * - between: the rest of the model, the loss and back to the convolutions' output, on the whole batch;
 * - backward: back through the convolutions, chunk by chunk;
 * - after: what is made of sums over the rows, and all else.
 */
export type Stage = "before" | "forward" | "between" | "backward" | "after";

export interface Stages {
  of: Map<Node, Stage>;
  /** Values of the stage backward that are sums over a chunk's rows. */
  sums: Set<Value>;
  /** Shapes of images that go by in chunks, which are known beforehand there; by whose shape they are. */
  shapes: Map<Value, Value>;
}

/**
 * Where in a training step each node belongs if the batch goes through the convolutions in chunks of rows; null
 * where not all convolutions and their derivatives can, as when something between them needs the whole batch.
 */
export function assignStages(graph: AnyGraph): Stages | null {
  const nodes: readonly Node[] = graph.nodes;
  const of = new Map<Node, Stage>();
  const stageOf = new Map<Value, Stage>(graph.constants.map(({ value }) => [value, "before"]));
  for (const input of graph.inputs) if (!isBatch(input)) stageOf.set(input, "before");
  const sums = new Set<Value>();
  const shapes = new Map<Value, Value>();
  for (const node of nodes) {
    const [x] = node.inputs;
    const isChunk = ["forward", "backward"].includes(stageOf.get(x!) ?? "");
    if (node.op === "Shape" && isChunk && x!.shape.length === 4) {
      shapes.set(node.outputs[0]!, x!);
      continue;
    }
    const stage = stageOfNode(graph, node, stageOf, sums, shapes);
    of.set(node, stage);
    for (const output of node.outputs) stageOf.set(output, stage);
    if (stage === "backward" && isSumOverRows(graph, node)) sums.add(node.outputs[0]!);
  }
  const chunked = (node: Node) => ["forward", "backward"].includes(of.get(node)!);
  if (nodes.some((node) => !chunked(node) && node.inputs.some((input) => shapes.has(input))))
    return null;
  const convolutions = nodes.filter(({ op }) =>
    ["Conv", "ConvTranspose", "KernelDerivative"].includes(op),
  );
  // A maximum's index counts from the first row of what it was looked for in: in a chunk, of the chunk.
  const indices = new Set(
    nodes.flatMap((node) => (node.op === "MaxPool" && chunked(node) ? node.outputs.slice(1) : [])),
  );
  const unpools = (node: Node) => node.op === "MaxUnpool" && chunked(node);
  if (nodes.some((node) => !unpools(node) && node.inputs.some((input) => indices.has(input))))
    return null;
  const trains = nodes.some((node) => node.op === "KernelDerivative" && chunked(node));
  return trains && convolutions.every(chunked) ? { of, sums, shapes } : null;
}

function stageOfNode(
  graph: AnyGraph,
  node: Node,
  stageOf: ReadonlyMap<Value, Stage>,
  sums: ReadonlySet<Value>,
  shapes: ReadonlyMap<Value, Value>,
): Stage {
  const has = (...stages: Stage[]) =>
    node.inputs.some((input) => stages.includes(stageOf.get(input)!));
  if (has("after") || node.inputs.some((input) => sums.has(input))) return "after";
  if (![...node.inputs, ...node.outputs].some(isBatch) && !has("forward", "between", "backward"))
    return "before";
  const isImage = [...node.inputs, ...node.outputs].some(({ shape }) => shape.length === 4);
  const rows = isImage && isRowByRow(graph, node);
  if (!has("between", "backward")) return rows ? "forward" : "between";
  const takesRows = node.inputs.every(
    (input) => stageOf.get(input) !== "between" || isBatch(input),
  );
  const chunks = isImage && takesRows && (rows || isSumOverRows(graph, node));
  const meets = has("forward", "backward") || node.inputs.some((input) => shapes.has(input));
  if (meets && chunks) return "backward";
  return has("backward") ? "after" : "between";
}

const isBatch = ({ shape }: Value) => shape[0] === "rows";
