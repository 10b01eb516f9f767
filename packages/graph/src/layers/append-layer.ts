import { featureAxis, type LayerShapes, type ResolvedLayer } from "@descent/contracts";
import {
  add,
  averagePool,
  cast,
  concat,
  conv,
  flatten,
  gather,
  gemm,
  globalAveragePool,
  maxPool,
  mul,
} from "../append-nodes.ts";
import { addInput, type ForwardGraph, type Value } from "../graph.ts";
import type { TrainingExtras } from "../model.ts";
import { padAxis } from "../pad-axis.ts";
import { appendActivation } from "./append-activation.ts";
import { appendBatchNorm, appendLayerNorm, appendRunningNorm } from "./append-normalisation.ts";

/**
 * Appends a layer without the activation it may end with.
 *
 * @param xs what it takes, each [rows, ...]
 * @param own its parameters
 * @param running its buffers in inference; null in training, where extras are added to instead
 */
export function appendLayer(
  graph: ForwardGraph,
  { layer, prefix, input }: LayerShapes,
  xs: readonly Value[],
  own: readonly Value[],
  running: readonly Value[] | null,
  extras: TrainingExtras,
): Value {
  const x = xs[0]!;
  switch (layer.type) {
    case "dense":
      return gemm(graph, x, own[0]!, layer.bias ? { bias: own[1]! } : {});
    case "conv2d":
      return conv(graph, x, own[0]!, convAttributes(layer, input), own[1]);
    case "max_pool2d":
      return maxPool(graph, x, windows(layer));
    case "avg_pool2d":
      return averagePool(graph, x, { ...windows(layer), count_include_pad: 1 });
    case "global_avg_pool2d":
      return flatten(graph, globalAveragePool(graph, x));
    case "flatten":
      return flatten(graph, x);
    case "dropout": {
      if (running !== null || layer.rate === 0) return x;
      const value = addInput(graph, `${prefix}.mask`, "float32", x.shape);
      extras.masks.push({ value, rate: layer.rate });
      return mul(graph, x, value);
    }
    case "batch_norm": {
      if (running !== null) return appendRunningNorm(graph, x, own, running, layer.eps);
      const { output, statistics } = appendBatchNorm(graph, x, own, layer.eps);
      extras.statistics.push(statistics);
      return output;
    }
    case "layer_norm":
      return appendLayerNorm(graph, x, own, layer.eps);
    case "embedding":
      return gather(graph, own[0]!, cast(graph, x, "int64"));
    case "add":
      return xs.reduce((sum, value) => add(graph, sum, value));
    case "concat":
      return concat(graph, xs, 1 + featureAxis(input));
    case "leaky_relu":
    case "elu":
      return appendActivation(graph, layer.type, x, layer);
    case "relu":
    case "gelu":
    case "silu":
    case "sigmoid":
    case "tanh":
    case "softmax":
      return appendActivation(graph, layer.type, x);
  }
}

function convAttributes(layer: ResolvedLayer<"conv2d">, input: readonly number[]) {
  const { kernel, stride, padding, dilation, groups } = layer;
  const span = dilation * (kernel - 1) + 1;
  const axes = input.slice(1).map((length) => padAxis(length, span, stride, padding));
  return {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    dilations: [dilation, dilation],
    pads: [...axes.map(({ begin }) => begin), ...axes.map(({ end }) => end)],
    group: groups,
  };
}

function windows({ size, stride, padding }: ResolvedLayer<"max_pool2d" | "avg_pool2d">) {
  return {
    kernel_shape: [size, size],
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
  };
}
