import type { ConvAttributes, Graph, PoolAttributes, Value } from "../graph.ts";
import { append } from "./append-node.ts";
import { countWindows } from "./pooling.ts";

/*
 * onnxruntime's operators on blocks of channels. Shapes are written as if there were no blocks:
 * [rows, channels, height, width] stands for memory in the order [rows, channels / block, height, width, block].
 */

/** Puts an image into blocks, with channels of zeros in the last one to make up the number. */
export function blockInput(graph: Graph, x: Value, channels: number): Value {
  return append(graph, "BlockInput", [x], { channels_last: 0 }, x.shape.with(1, channels));
}

/** Takes an image out of blocks, under the name of `y` and with as many channels as that has. */
export function blockOutput(graph: Graph, x: Value, y: Value): void {
  const attributes = { channels: Number(y.shape[1]), channels_last: 0 } as const;
  graph.nodes.push({ op: "BlockOutput", inputs: [x], outputs: [y], attributes });
}

/**
 * @param x in blocks, or an image of fewer channels than a block as it is
 * @param weights in the order that orderWeights gives, of the shape [filters, channels, height, width]
 */
export function blockedConv(
  graph: Graph,
  x: Value,
  weights: Value,
  attributes: Omit<ConvAttributes, "group" | "kernel_shape">,
  bias?: Value,
): Value {
  const all = { ...attributes, kernel_shape: weights.shape.slice(2).map(Number), group: 1 };
  const shape = [x.shape[0]!, weights.shape[0]!, ...countWindows(x, all)];
  const inputs = bias === undefined ? [x, weights] : [x, weights, bias];
  return append(graph, "BlockedConv", inputs, all, shape);
}

/** The largest of each window. */
export function blockedMaxPool(graph: Graph, x: Value, attributes: PoolAttributes): Value {
  const shape = [...x.shape.slice(0, 2), ...countWindows(x, attributes)];
  const dilations = attributes.kernel_shape.map(() => 1);
  return append(graph, "BlockedMaxPool", [x], { ...attributes, dilations }, shape);
}

/** The mean of each channel, [rows, channels, 1, 1], which is the same in blocks and without. */
export function blockedGlobalAveragePool(graph: Graph, x: Value): Value {
  const shape = [...x.shape.slice(0, 2), 1, 1];
  return append(graph, "BlockedGlobalAveragePool", [x], {}, shape);
}
