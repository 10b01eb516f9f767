import type { Layer } from "../layers.ts";
import { hasPaperStem, type ImageShape } from "./preset.ts";

const POOL: Layer = { type: "max_pool2d", size: 3, stride: 2, padding: 1 };

/**
 * SqueezeNet 1.0: Iandola et al. 2016, "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters", table 1.
 * The poolings are padded, and the first kernel is 3x3 without a stride for small images. The relu that the
 * authors' own file has after conv10 is left out: logits below zero would have no derivative.
 */
export function fullSqueezenet(image: ImageShape, outputs: number): Layer[] {
  const stem = hasPaperStem(image) ? { kernel: 7, stride: 2 } : { kernel: 3, padding: 1 };
  return [
    { type: "conv2d", name: "conv1", filters: 96, ...stem, activation: "relu" },
    { ...POOL, name: "pool1" },
    ...fire("fire2", "pool1", 16, 64),
    ...fire("fire3", "fire2", 16, 64),
    ...fire("fire4", "fire3", 32, 128),
    { ...POOL, name: "pool4" },
    ...fire("fire5", "pool4", 32, 128),
    ...fire("fire6", "fire5", 48, 192),
    ...fire("fire7", "fire6", 48, 192),
    ...fire("fire8", "fire7", 64, 256),
    { ...POOL, name: "pool8" },
    ...fire("fire9", "pool8", 64, 256),
    { type: "dropout", rate: 0.5 },
    { type: "conv2d", name: "conv10", filters: outputs, kernel: 1 },
    { type: "global_avg_pool2d" },
  ];
}

/** Small: four fire modules for eight, of a quarter of the filters at most, two poolings, no dropout. */
export function smallSqueezenet(_image: ImageShape, outputs: number): Layer[] {
  return [
    { type: "conv2d", name: "conv1", filters: 24, kernel: 3, padding: 1, activation: "relu" },
    { ...POOL, name: "pool1" },
    ...fire("fire2", "pool1", 8, 24),
    ...fire("fire3", "fire2", 8, 24),
    { ...POOL, name: "pool3" },
    ...fire("fire4", "pool3", 16, 48),
    ...fire("fire5", "fire4", 16, 48),
    { type: "conv2d", name: "conv6", filters: outputs, kernel: 1 },
    { type: "global_avg_pool2d" },
  ];
}

/** A fire module (the paper's figure 1): 1x1 filters that squeeze, then 1x1 and 3x3 ones side by side. */
function fire(name: string, input: string, squeeze: number, expand: number): Layer[] {
  const relu = { activation: "relu" } as const;
  const [squeezed, one, three] = [`${name}_squeeze`, `${name}_expand1x1`, `${name}_expand3x3`];
  const wide = { filters: expand, inputs: [squeezed], ...relu };
  return [
    { type: "conv2d", name: squeezed, filters: squeeze, kernel: 1, inputs: [input], ...relu },
    { type: "conv2d", name: one, kernel: 1, ...wide },
    { type: "conv2d", name: three, kernel: 3, padding: 1, ...wide },
    { type: "concat", name, inputs: [one, three] },
  ];
}
