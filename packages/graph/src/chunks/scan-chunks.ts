import { appendNode } from "../append/append-node.ts";
import { reduceSum, reshape } from "../append-nodes.ts";
import type { LaidOut } from "../blocks/lay-out-in-blocks.ts";
import {
  type AnyGraph,
  type Axis,
  addConstant,
  type Graph,
  type Node,
  type Op,
  startRewriting,
  type Value,
} from "../graph.ts";
import type { Stage, Stages } from "./assign-stages.ts";

type Staged = Record<Stage, Node[]>;

/**
 * Rewrites a training step so that the batch goes through the convolutions in chunks, forward and back: what
 * one operator writes the next one reads from the cache, where whole batches go through memory. What a chunk
 * adds to a gradient is stacked, and summed up at the end, in the order of the chunks.
 *
 * @param outputs what is asked of the graph
 * @param rows of a chunk; every batch has a multiple of it
 * @returns null where the nodes do not fall into stages that follow each other
 */
export function scanChunks(
  { graph, madeFor, sums }: LaidOut,
  stages: Stages,
  outputs: readonly Value[],
  rows: number,
): Graph | null {
  const allSums = new Set([...stages.sums, ...sums]);
  const sorted = sortNodes(graph, madeFor, stages, allSums);
  if (sorted === null) return null;
  const { staged, stageOf } = sorted;
  const scanned = startRewriting(graph, "chunks_");
  const takers = new Map<Value, Set<Stage>>();
  const take = (value: Value, stage: Stage) =>
    takers.set(value, (takers.get(value) ?? new Set<Stage>()).add(stage));
  for (const stage of Object.keys(staged) as Stage[])
    for (const { inputs } of staged[stage]) for (const input of inputs) take(input, stage);
  for (const output of outputs) take(output, "after");
  const isTakenOutside = (value: Value, own: Stage) =>
    Array.from(takers.get(value) ?? []).some((stage) => stage !== own);
  /** Values as a stack of chunks. */
  const stacks = new Map<Value, Value>();
  const stackOf = (value: Value): Value => {
    const known = stacks.get(value);
    if (known !== undefined) return known;
    const stack = reshape(scanned, value, ["rows", rows, ...value.shape.slice(1)]);
    stacks.set(value, stack);
    return stack;
  };

  const chunkShape = ({ shape }: Value) => (shape[0] === "rows" ? shape.with(0, rows) : shape);

  const appendScan = (stage: "forward" | "backward"): void => {
    const nodes = staged[stage];
    const body: Graph = { ...startRewriting(scanned, `${stage}_`), inputs: [], constants: [] };
    const inside = new Map<Value, Value>();
    const taken: Value[] = [];
    const ownName = (value: Value, shape: readonly Axis[]): Value => {
      const own = { ...value, name: `${stage}_${value.name}`, shape };
      inside.set(value, own);
      return own;
    };
    const made = new Set(nodes.flatMap((node) => node.outputs));
    const inputOf = (value: Value): Value => {
      const known = inside.get(value);
      if (known !== undefined) return known;
      const shapeOf = stages.shapes.get(value);
      if (shapeOf !== undefined) {
        const lengths = [rows, ...shapeOf.shape.slice(1).map(Number)];
        const constant = addConstant(body, BigInt64Array.from(lengths, BigInt), [lengths.length]);
        inside.set(value, constant);
        return constant;
      }
      if (made.has(value) || stageOf(value) === "before") return value;
      const own = ownName(value, chunkShape(value));
      body.inputs.push(own);
      taken.push(value);
      return own;
    };
    const given = Array.from(made).filter((value) => isTakenOutside(value, stage));
    for (const value of given) ownName(value, chunkShape(value));
    for (const node of nodes)
      body.nodes.push({
        ...node,
        inputs: node.inputs.map(inputOf),
        outputs: node.outputs.map((output) => inside.get(output) ?? output),
      } as Node);

    const bodyOutputs = given.map((value) => inside.get(value)!);
    const stacked = appendNode(
      scanned,
      "Scan",
      taken.map(stackOf),
      { body: { graph: body, outputs: bodyOutputs }, num_scan_inputs: taken.length },
      given.map(({ type, shape }) => ({ type, shape: ["rows", ...shape] })),
    );
    for (const [i, value] of given.entries()) {
      const stack = stacked[i]!;
      stacks.set(value, stack);
      const isForBody = takers.get(value)!.size === 1 && takers.get(value)!.has("backward");
      if (isForBody) continue;
      if (allSums.has(value)) reduceSum(scanned, stack, [0]);
      else reshape(scanned, stack, value.shape);
      scanned.nodes.at(-1)!.outputs = [value];
    }
  };

  scanned.nodes.push(...staged.before);
  appendScan("forward");
  scanned.nodes.push(...staged.between);
  appendScan("backward");
  scanned.nodes.push(...staged.after);
  return scanned;
}

/**
 * The nodes by stages: that of the node each was made for, but what needs only parameters goes before all,
 * and what is made of sums after. Of what the way back needs, truth values are worked out on the way forward,
 * and are made numbers on the way back: they take a quarter of the memory.
 */
function sortNodes(
  graph: AnyGraph,
  madeFor: ReadonlyMap<Node, Node>,
  stages: Stages,
  sums: ReadonlySet<Value>,
): { staged: Staged; stageOf: (value: Value) => Stage } | null {
  const known = new Map<Value, Stage>();
  const stageOf = (value: Value): Stage =>
    known.get(value) ?? (value.shape[0] === "rows" ? "forward" : "before");
  const all: readonly Node[] = graph.nodes;
  const nodes = all.filter(({ outputs: [y] }) => !stages.shapes.has(y!));
  for (const node of nodes) {
    const stage = stageOfMade(node, stages.of.get(madeFor.get(node)!)!, stageOf, stages, sums);
    for (const output of node.outputs) known.set(output, stage);
  }
  for (const { op, inputs, outputs } of nodes) {
    if (op !== "Cast" || inputs[0]!.type !== "bool" || stageOf(outputs[0]!) !== "forward") continue;
    const takers = nodes.filter((taker) => taker.inputs.includes(outputs[0]!));
    if (takers.every((taker) => stageOf(taker.outputs[0]!) === "backward"))
      known.set(outputs[0]!, "backward");
  }
  if (!makeInTime(nodes, known)) return null;
  const staged: Staged = { before: [], forward: [], between: [], backward: [], after: [] };
  for (const node of nodes) staged[stageOf(node.outputs[0]!)].push(node);
  return { staged, stageOf };
}

const ORDER: readonly Stage[] = ["before", "forward", "between", "backward", "after"];
/** What only lays a value out otherwise: it may be made in any stage in which the value is there. */
const LAYING_OUT: ReadonlySet<Op> = new Set<Op>(["BlockInput", "BlockOutput", "Reshape", "Pad"]);

/**
 * A value may be laid out for a node of the way back first, and be taken then by one of the way forward:
 * that is done on the way forward already.
 *
 * @returns whether every node now needs only what its own stage, or one before, has made
 */
function makeInTime(nodes: readonly Node[], known: Map<Value, Stage>): boolean {
  const needed = new Map<Value, number>();
  for (const { op, inputs, outputs } of nodes.toReversed()) {
    const own = ORDER.indexOf(known.get(outputs[0]!)!);
    const first = Math.min(own, ...outputs.map((output) => needed.get(output) ?? own));
    if (first < own && !LAYING_OUT.has(op)) return false;
    for (const output of outputs) known.set(output, ORDER[first]!);
    for (const input of inputs) needed.set(input, Math.min(first, needed.get(input) ?? first));
  }
  return true;
}

/** @param own the stage of the node that this one was made for */
function stageOfMade(
  { inputs, outputs }: Node,
  own: Stage,
  stageOf: (value: Value) => Stage,
  { shapes }: Stages,
  sums: ReadonlySet<Value>,
): Stage {
  const from = inputs.filter((input) => !shapes.has(input)).map(stageOf);
  const y = outputs[0]!;
  if (y.shape[0] !== "rows" && from.every((stage) => stage === "before")) return "before";
  if (from.includes("after") || inputs.some((input) => sums.has(input))) return "after";
  const isTruth = y.type === "bool" && from.every((stage) => stage === "forward");
  return own === "backward" && isTruth ? "forward" : own;
}
