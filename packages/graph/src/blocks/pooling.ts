import { blockedGlobalAveragePool, blockedMaxPool } from "../append/blocked.ts";
import { cast, concat, equal, mul, reduceSum, reshape, slice, sub } from "../append-nodes.ts";
import { type AnyGraph, type Axis, type Node, numbersOf, type Value } from "../graph.ts";
import type { BlockLayout } from "./block-layout.ts";

export interface PoolingLayout {
  layOutMaxPool(node: Node<"MaxPool">): boolean;
  layOutMaxUnpool(node: Node<"MaxUnpool">): boolean;
  layOutGlobalAveragePool(node: Node<"GlobalAveragePool">): boolean;
  /** Sums of each channel. */
  layOutSum(node: Node<"ReduceSum">): boolean;
}

/** Whether the first of two neighbours is the larger, or as large: true where dy goes to the first. */
interface Choices {
  betweenRows: Value;
  betweenColumns: Value;
}

/** @param from the graph that is being rewritten, in which takers and axes are looked up */
export function createPoolingLayout(layout: BlockLayout, from: AnyGraph): PoolingLayout {
  const { graph, block } = layout;
  const nodes: readonly Node[] = from.nodes;
  const takersOf = (value: Value) => nodes.filter(({ inputs }) => inputs.includes(value));
  /** By the indices that a MaxPool in blocks does not give. */
  const choices = new Map<Value, Choices>();
  /** What was handed back to the places of maxima, in blocks, by what came of it. */
  const handedBack = new Map<Value, Value>();

  return {
    layOutMaxPool(node) {
      const [x] = node.inputs as [Value];
      const [, indices] = node.outputs as [Value, Value];
      if (!layout.isBlocked(x)) return false;
      const takers = takersOf(indices);
      if (takers.length === 0) {
        layout.setBlocked(node, blockedMaxPool(graph, layout.blocked(x), node.attributes));
        return true;
      }
      if (!takers.every(({ op }) => op === "MaxUnpool") || !isHalving(node)) return false;
      const { largest, ...made } = appendHalving(layout, layout.blocked(x));
      layout.setBlocked(node, largest);
      choices.set(indices, made);
      return true;
    },

    layOutMaxUnpool(node) {
      const [dy, indices] = node.inputs as [Value, Value];
      const made = choices.get(indices);
      if (made === undefined) return false;
      const blocks = layout.blocked(dy);
      handedBack.set(node.outputs[0]!, blocks);
      layout.setBlocked(node, appendDoubling(layout, blocks, made));
      return true;
    },

    layOutGlobalAveragePool(node) {
      const [x] = node.inputs as [Value];
      if (!layout.isBlocked(x) || Number(x.shape[1]) % block !== 0) return false;
      blockedGlobalAveragePool(graph, layout.blocked(x));
      graph.nodes.at(-1)!.outputs = node.outputs;
      return true;
    },

    layOutSum(node) {
      const [x, axes] = node.inputs as [Value, Value?];
      if (axes === undefined || node.attributes.keepdims || !layout.isBlocked(x)) return false;
      if (numbersOf(from, axes).join() !== "0,2,3" || !layout.fits(x)) return false;
      // Zeros around the maxima add nothing.
      const blocks = handedBack.get(x) ?? layout.blocked(x);
      const [, channels, height, width] = blocks.shape.map(Number) as [
        number,
        number,
        number,
        number,
      ];
      const lines = reshape(graph, blocks, ["rows", height * width, block]);
      // Over two axes apart at once onnxruntime is ten times slower.
      const perRow = reshape(graph, reduceSum(graph, lines, [1]), ["rows", channels]);
      const sum = reduceSum(graph, perRow, [0]);
      layout.sums.add(sum);
      if (channels !== x.shape[1]) slice(graph, sum, [0], [0], [Number(x.shape[1])]);
      graph.nodes.at(-1)!.outputs = node.outputs;
      return true;
    },
  };
}

/** Windows of two by two, next to each other, that leave nothing over. */
function isHalving({ inputs: [x], attributes }: Node<"MaxPool">): boolean {
  const { kernel_shape, strides, pads } = attributes;
  return (
    [...kernel_shape, ...strides].every((length) => length === 2) &&
    pads.every((zeros) => zeros === 0) &&
    x!.shape.slice(2).every((length) => Number(length) % 2 === 0)
  );
}

/**
 * The largest of each window, first of neighbours in a line, then of lines. Of equal ones the first is
 * chosen, left before right and upper before lower, which is the first of the window in the order of
 * its lines.
 */
function appendHalving({ graph }: BlockLayout, x: Value): Choices & { largest: Value } {
  const pool = (of: Value, kernel_shape: number[], strides: number[]) =>
    blockedMaxPool(graph, of, { kernel_shape, strides, pads: [0, 0, 0, 0] });
  const wider = pool(x, [1, 2], [1, 2]);
  const left = pool(x, [1, 1], [1, 2]);
  const largest = pool(wider, [2, 1], [2, 1]);
  const upper = pool(wider, [1, 1], [2, 1]);
  return {
    largest,
    betweenColumns: equal(graph, left, wider),
    betweenRows: equal(graph, upper, largest),
  };
}

/** dy back to the elements that were chosen, and zeros to the others. */
function appendDoubling(
  { graph, block }: BlockLayout,
  dy: Value,
  { betweenRows, betweenColumns }: Choices,
): Value {
  const [rows, channels, height, width] = dy.shape as [Axis, number, number, number];
  /** Where both get their part, laid side by side in pieces of so many numbers. */
  const share = (of: Value, isFirst: Value, piece: number, shape: readonly Axis[]) => {
    const first = mul(graph, of, cast(graph, isFirst, "float32"));
    const both = [first, sub(graph, of, first)];
    const pieces = both.map((part) => reshape(graph, part, ["rows", 1, piece]));
    return reshape(graph, concat(graph, pieces, 1), shape);
  };
  const tall = [rows, channels, 2 * height, width];
  const back = share(dy, betweenRows, width * block, tall);
  return share(back, betweenColumns, block, [rows, channels, 2 * height, 2 * width]);
}
