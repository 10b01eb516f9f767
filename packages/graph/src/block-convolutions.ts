import {
  type AnyGraph,
  type Axis,
  addConstant,
  type Graph,
  type Node,
  type Op,
  type Ops,
  type Value,
} from "./graph.ts";

/**
 * Rewrites convolutions for MLAS's direct kernels, which hold a tensor in blocks of channels and multiply
 * without unrolling windows first: forward and input derivative take about two thirds of the time (2c2d's
 * second layer: 30 -> 20 and 32 -> 24 ms). onnxruntime does so by itself only where the weights are
 * constants; here they are inputs, so their order is changed in the graph. It is this machine's layout: for
 * sessions, never for files.
 *
 * - Conv: x and w into blocks, y back.
 * - ConvTranspose of stride 1: the convolution by the flipped weights, with channels and filters swapped.
 *
 * Left as they are: groups, other than two spatial axes, and channels that do not fill blocks (except an
 * input of fewer than one block, which the kernels take as it is).
 *
 * @param block channels per block, as findBlock gives
 */
export function blockConvolutions(graph: AnyGraph, block: number): Graph {
  const blocked: Graph = { inputs: graph.inputs, constants: [...graph.constants], nodes: [] };
  const nodes: readonly Node[] = graph.nodes;
  for (const node of nodes) {
    if (node.op === "Conv" && isBlockable(node, block)) {
      appendConvolution(blocked, block, node, orderWeights(blocked, block, node), node.attributes);
    } else if (node.op === "ConvTranspose" && isBlockable(node, block) && isDense(node)) {
      const { output_padding: _, ...attributes } = node.attributes;
      const pads = attributes.pads.map(
        (zeros, axis) => attributes.kernel_shape[axis % 2]! - 1 - zeros,
      );
      const weights = orderWeights(blocked, block, node);
      appendConvolution(blocked, block, node, weights, { ...attributes, pads });
    } else blocked.nodes.push(node);
  }
  return blocked;
}

/** Whether there is a convolution that blockConvolutions would rewrite. */
export function hasBlockable(graph: AnyGraph): boolean {
  const nodes: readonly Node[] = graph.nodes;
  return nodes.some(({ op }) => op === "Conv" || op === "ConvTranspose");
}

type Convolution = Node<"Conv"> | Node<"ConvTranspose">;

function isBlockable(node: Convolution, block: number): boolean {
  const {
    inputs: [x, w],
    outputs: [y],
    attributes,
  } = node;
  const [channels, filters] = [x!.shape[1], y!.shape[1]];
  if (typeof channels !== "number" || typeof filters !== "number") return false;
  if (attributes.group !== 1 || w!.shape.length !== 4) return false;
  const takesPlain = channels < block && node.op === "Conv";
  return filters % block === 0 && (channels % block === 0 || takesPlain);
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

function appendConvolution(
  graph: Graph,
  block: number,
  { inputs: [x, , bias], outputs: [y] }: Convolution,
  weights: Value,
  attributes: Ops["Conv"],
): void {
  const channels = Number(x!.shape[1]);
  const blocks =
    channels < block ? x! : append(graph, y!, "BlockInput", [x!], { channels_last: 0 }, x!.shape);
  const inputs = bias === undefined ? [blocks, weights] : [blocks, weights, bias];
  const result = append(graph, y!, "BlockedConv", inputs, attributes, y!.shape);
  const back = { channels: Number(y!.shape[1]), channels_last: 0 } as const;
  graph.nodes.push({ op: "BlockOutput", inputs: [result], outputs: [y!], attributes: back });
}

/**
 * The weights as [filters / block, channels / block, height, width, block of channels, block of filters], or
 * [filters / block, channels, height, width, block of filters] where the channels are fewer than a block;
 * under the shape [filters, channels, height, width] that the operator goes by. Those of a transposed
 * convolution are [channels, filters, ...], and flipped.
 */
function orderWeights(graph: Graph, block: number, node: Convolution): Value {
  const [w, y] = [node.inputs[1]!, node.outputs[0]!];
  const [first, second, height, width] = w.shape.map(Number) as [number, number, number, number];
  const transposed = node.op === "ConvTranspose";
  const [filters, channels] = transposed ? [second, first] : [first, second];
  const inner = Math.min(channels, block);
  const apart = transposed
    ? [channels / inner, inner, filters / block, block, height, width]
    : [filters / block, block, channels / inner, inner, height, width];
  const forward = inner === block ? [0, 2, 4, 5, 3, 1] : [0, 2, 3, 4, 5, 1];
  const perm = transposed ? [2, 0, 4, 5, 1, 3] : forward;
  const lengths = perm.map((axis) => apart[axis]!);
  const split = append(graph, y, "Reshape", [w, integers(graph, apart)], {}, apart);
  const ordered = append(graph, y, "Transpose", [split], { perm }, lengths);
  const shape = [filters, channels, height, width];
  const turned = transposed ? flip(graph, y, ordered) : ordered;
  return append(graph, y, "Reshape", [turned, integers(graph, shape)], {}, shape);
}

/** Height and width, the third and fourth axis, backwards. */
function flip(graph: Graph, y: Value, x: Value): Value {
  const [last, before] = [-1, Number.MIN_SAFE_INTEGER];
  const ranges = [
    [last, last],
    [before, before],
    [2, 3],
    [-1, -1],
  ];
  const inputs = [x, ...ranges.map((numbers) => integers(graph, numbers))];
  return append(graph, y, "Slice", inputs, {}, x.shape);
}

function integers(graph: Graph, numbers: readonly number[]): Value {
  return addConstant(graph, BigInt64Array.from(numbers, BigInt), [numbers.length]);
}

/** Names come from the value that is rewritten: other nodes keep theirs, which count nodes. */
function append<O extends Op>(
  graph: Graph,
  { name }: Value,
  op: O,
  inputs: Value[],
  attributes: Ops[O],
  shape: readonly Axis[],
): Value {
  const output: Value = { name: `${name}_${op}_${graph.nodes.length}`, type: "float32", shape };
  graph.nodes.push({ op, inputs, outputs: [output], attributes } as Node);
  return output;
}
