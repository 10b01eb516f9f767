import type { Layer } from "../layers.ts";
import {
  biasTensor,
  type Followed,
  type ParameterTensor,
  type Place,
  shown,
} from "./layer-shapes.ts";

/** A scale, a bias and the running mean and variance, one of each per feature or channel. */
export function followBatchNorm(layer: Layer<"batch_norm">, place: Place): Followed {
  const { input, prefix } = place;
  const [channels] = input;
  if (channels === undefined || input.length === 2)
    return {
      pointer: "",
      message: `batch_norm takes features or an image, but gets ${shown(input)}; layer_norm takes such an input`,
    };
  const { momentum = 0.1, eps = 1e-5, activation = "none" } = layer;
  return {
    layer: { ...layer, momentum, eps, activation },
    output: input,
    parameters: scaleAndBias(place, channels),
    buffers: [
      { name: `${prefix}.running_mean`, shape: [channels], initial: 0 },
      { name: `${prefix}.running_var`, shape: [channels], initial: 1 },
    ],
  };
}

/** A scale and a bias for every number along the axis that is normalised. */
export function followLayerNorm(layer: Layer<"layer_norm">, place: Place): Followed {
  const { input } = place;
  const { eps = 1e-5, activation = "none" } = layer;
  const features = input[featureAxis(input)] as number;
  return {
    layer: { ...layer, eps, activation },
    output: input,
    parameters: scaleAndBias(place, features),
  };
}

/** Which axis of a sample holds its features: [features], [columns, units], [channels, height, width]. */
export function featureAxis(shape: readonly number[]): number {
  return shape.length === 2 ? 1 : 0;
}

function scaleAndBias(place: Place, length: number): ParameterTensor[] {
  const fans = { fanIn: 1, fanOut: 1 };
  const name = `${place.prefix}.weight`;
  return [
    { name, role: "scale", shape: [length], ...fans, initialisation: { constant: 1 } },
    biasTensor(place, length, fans),
  ];
}
