import { blockInput, blockOutput } from "../append/blocked.ts";
import type { Graph, Node, Value } from "../graph.ts";

/** Which values of a graph that is being rewritten are there in blocks of channels, and under what name. */
export interface BlockLayout {
  /** Where the rewritten nodes go. */
  graph: Graph;
  /** Channels per block. */
  block: number;
  /** Whether every run has a number of rows that fills blocks. */
  rowsFill: boolean;
  /**
   * Whether a value is an image that may lie in blocks. Where `zeros` are allowed the last block may have channels
   * of them, if at most half of all are; reordering knows only fours.
   */
  fits(value: Value): boolean;
  /** Whether a value was made in blocks, or put into them. */
  isBlocked(value: Value): boolean;
  /** The value in blocks; it is put into them when nothing has yet. */
  blocked(value: Value): Value;
  /** The value as an image of channels; it is taken out of its blocks when nothing has yet. */
  plain(value: Value): Value;
  /** The value in blocks or as an image, whichever is there. */
  any(value: Value): Value;
  /** What sums over the rows: of parts of a batch the results can be added. */
  sums: Set<Value>;
  /** Says that `blocks` is what `node` gives first, in blocks. */
  setBlocked(node: Node, blocks: Value): void;
}

/** Nothing is in blocks yet; `graph` gets what puts values into them and takes them out. */
export function createBlockLayout(
  graph: Graph,
  { block, rowsFill, zeros }: { block: number; rowsFill: boolean; zeros: boolean },
): BlockLayout {
  const inBlocks = new Map<Value, Value>();
  /** What made the values that exist only in blocks. */
  const missing = new Map<Value, Node>();

  const plain = (value: Value): Value => {
    const node = missing.get(value);
    if (node === undefined) return value;
    missing.delete(value);
    if (value.type === "float32") blockOutput(graph, inBlocks.get(value)!, value);
    // There is no reordering truth values: they are worked out once more.
    else graph.nodes.push({ ...node, inputs: node.inputs.map(plain) } as Node);
    return value;
  };
  return {
    ...{ graph, block, rowsFill, plain, sums: new Set<Value>() },
    fits({ shape: [, channels], shape }) {
      if (shape.length !== 4 || typeof channels !== "number") return false;
      if (channels % block === 0) return true;
      return zeros && channels % 4 === 0 && filled(channels, block) <= 2 * channels;
    },
    any: (value) => (missing.has(value) ? inBlocks.get(value)! : value),
    isBlocked: (value) => inBlocks.has(value),
    blocked(value) {
      const known = inBlocks.get(value);
      if (known !== undefined) return known;
      const blocks = blockInput(graph, value, filled(Number(value.shape[1]), block));
      inBlocks.set(value, blocks);
      return blocks;
    },
    setBlocked(node, blocks) {
      inBlocks.set(node.outputs[0]!, blocks);
      missing.set(node.outputs[0]!, node);
    },
  };
}

/** So many channels fill whole blocks. */
export const filled = (channels: number, block: number) => Math.ceil(channels / block) * block;
