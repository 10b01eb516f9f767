import { append, integers } from "../append/append-node.ts";
import { blockedConv } from "../append/blocked.ts";
import { pad, reshape, transpose } from "../append-nodes.ts";
import type { Axis, Graph, Node, Value } from "../graph.ts";
import { type BlockLayout, filled } from "./block-layout.ts";

export interface ConvolutionLayout {
  /**
   * - Conv: the kernel for blocks.
   * - ConvTranspose of stride 1: the convolution by the flipped weights, with channels and filters swapped.
   *
   * Left as they are: groups, other than two spatial axes, and channels that fill less than half of their
   * blocks (except an input of fewer than one block, which the kernels take as it is).
   */
  layOut(node: Node<"Conv"> | Node<"ConvTranspose">): boolean;
  /** A value in blocks with columns of zeros before and after. */
  padColumns(value: Value, before: number, after: number): Value;
}

/** Convolutions that share what they pad. */
export function createConvolutionLayout(layout: BlockLayout): ConvolutionLayout {
  const { graph, block } = layout;
  const padded = new Map<Value, Map<string, Value>>();

  const padColumns = (value: Value, before: number, after: number): Value => {
    if (before === 0 && after === 0) return layout.blocked(value);
    const known = padded.get(value) ?? new Map<string, Value>();
    padded.set(value, known);
    const key = `${before} ${after}`;
    const made = known.get(key) ?? appendColumns(layout, value, before, after);
    known.set(key, made);
    return made;
  };

  /** @param attributes of the convolution that the node comes down to */
  const appendConvolution = (
    node: Node<"Conv"> | Node<"ConvTranspose">,
    { strides, dilations, pads }: Node<"Conv">["attributes"],
    isNarrow: boolean,
  ): void => {
    const [x, w, bias] = node.inputs as [Value, Value, Value?];
    const [top, left, bottom, right] = pads as [number, number, number, number];
    const apart = !isNarrow && areEdgesWide(x, left, right);
    const inBlocks = () => (apart ? padColumns(x, left, right) : layout.blocked(x));
    const image = isNarrow ? layout.plain(x) : inBlocks();
    const filters = filled(Number(node.outputs[0]!.shape[1]), block);
    const sizes = { filters, channels: Number(image.shape[1]), block };
    const weights = orderWeights(graph, layout.plain(w), sizes, node.op === "ConvTranspose");
    const known = bias && fillAxes(graph, layout.plain(bias), [filters]);
    const own = { strides, dilations, pads: apart ? [top, 0, bottom, 0] : pads };
    layout.setBlocked(node, blockedConv(graph, image, weights, own, known));
  };

  return {
    padColumns,
    layOut(node) {
      const [x, w] = node.inputs as [Value, Value];
      const y = node.outputs[0]!;
      const [channels, filters] = [Number(x.shape[1]), Number(y.shape[1])];
      if (node.attributes.group !== 1 || w.shape.length !== 4 || !layout.fits(y)) return false;
      const isNarrow = node.op === "Conv" && channels < block && !layout.isBlocked(x);
      const work = filled(channels, block) * filled(filters, block);
      if (!isNarrow && (!layout.fits(x) || work > 2 * channels * filters)) return false;
      if (node.op === "Conv") appendConvolution(node, node.attributes, isNarrow);
      else {
        if (!isDense(node)) return false;
        const { kernel_shape, pads } = node.attributes;
        const flipped = pads.map((zeros, axis) => kernel_shape[axis % 2]! - 1 - zeros);
        appendConvolution(node, { ...node.attributes, pads: flipped }, false);
      }
      return true;
    },
  };
}

/**
 * The kernels work on six columns at a time, but one by one on those whose windows reach into padding. Where
 * these are many, columns of zeros are put there first (2c2d's second layer: forward 20 -> 16 ms, back 24 ->
 * 17; kernels of 3 lose by it, but in the narrowest images).
 */
function areEdgesWide(x: Value, left: number, right: number): boolean {
  return Math.max(left, right) > 1 || (left + right > 0 && Number(x.shape[3]) <= 8);
}

function appendColumns(
  { graph, block, blocked }: BlockLayout,
  value: Value,
  before: number,
  after: number,
): Value {
  const blocks = blocked(value);
  const [rows, channels, height, width] = blocks.shape as [Axis, number, number, number];
  const lines = reshape(graph, blocks, ["rows", width * block]);
  const wide = pad(graph, lines, [0, before * block], [0, after * block]);
  return reshape(graph, wide, [rows, channels, height, width + before + after]);
}

/** Whether the windows lie so that going back is a convolution without gaps, by no negative padding. */
function isDense({ attributes }: Node<"ConvTranspose">): boolean {
  const { kernel_shape, strides, dilations, pads, output_padding } = attributes;
  return (
    [...strides, ...dilations].every((step) => step === 1) &&
    output_padding.every((zeros) => zeros === 0) &&
    pads.every((zeros, axis) => zeros < kernel_shape[axis % 2]!)
  );
}

/**
 * The weights as [filters / block, channels / block, height, width, block of channels, block of filters], or
 * [filters / block, channels, height, width, block of filters] where the channels are fewer than a block;
 * under the shape [filters, channels, height, width] that the operator goes by. Those of a transposed
 * convolution are [channels, filters, ...], and flipped. Filters and channels that there are none of are zeros.
 */
function orderWeights(
  graph: Graph,
  w: Value,
  { filters, channels, block }: { filters: number; channels: number; block: number },
  transposed: boolean,
): Value {
  const [height, width] = w.shape.slice(2).map(Number) as [number, number];
  const inner = Math.min(channels, block);
  const whole = fillAxes(graph, w, transposed ? [channels, filters] : [filters, channels]);
  const apart = transposed
    ? [channels / inner, inner, filters / block, block, height, width]
    : [filters / block, block, channels / inner, inner, height, width];
  const forward = inner === block ? [0, 2, 4, 5, 3, 1] : [0, 2, 3, 4, 5, 1];
  const perm = transposed ? [2, 0, 4, 5, 1, 3] : forward;
  const ordered = transpose(graph, reshape(graph, whole, apart), perm);
  const turned = transposed ? flip(graph, ordered) : ordered;
  return reshape(graph, turned, [filters, channels, height, width]);
}

/** x with zeros at the end of its first axes, to make them so long. */
function fillAxes(graph: Graph, x: Value, lengths: readonly number[]): Value {
  const ends = x.shape.map((length, axis) => (lengths[axis] ?? Number(length)) - Number(length));
  if (ends.every((zeros) => zeros === 0)) return x;
  return pad(
    graph,
    x,
    ends.map(() => 0),
    ends,
  );
}

/** Height and width, the third and fourth axis, backwards. */
function flip(graph: Graph, x: Value): Value {
  const [last, before] = [-1, Number.MIN_SAFE_INTEGER];
  const ranges = [
    [last, last],
    [before, before],
    [2, 3],
    [-1, -1],
  ];
  const inputs = [x, ...ranges.map((numbers) => integers(graph, numbers))];
  return append(graph, "Slice", inputs, {}, x.shape);
}
