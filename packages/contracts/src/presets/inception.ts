import type { Layer } from "../layers.ts";
import { hasPaperStem, type ImageShape } from "./preset.ts";

const POOL: Layer = { type: "max_pool2d", size: 3, stride: 2, padding: 1 };

/** The columns of the paper's table 1: #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj. */
type Filters = [
  one: number,
  reduce3: number,
  three: number,
  reduce5: number,
  five: number,
  pool: number,
];

/**
 * GoogLeNet: Szegedy et al. 2014, "Going Deeper with Convolutions", table 1. Left out: the two auxiliary
 * classifiers, which are for training alone, and the local response normalisation. For small images the first
 * kernel is 3x3 without a stride, and no pooling follows it.
 */
export function fullInception(image: ImageShape, outputs: number): Layer[] {
  return [
    ...(hasPaperStem(image)
      ? [convolution("conv1", 64, 7, { stride: 2, padding: 3 }), POOL]
      : [convolution("conv1", 64, 3, { padding: 1 })]),
    convolution("conv2_reduce", 64, 1),
    convolution("conv2", 192, 3, { padding: 1 }),
    { ...POOL, name: "pool2" },
    ...inception("3a", "pool2", [64, 96, 128, 16, 32, 32]),
    ...inception("3b", "inception3a", [128, 128, 192, 32, 96, 64]),
    { ...POOL, name: "pool3" },
    ...inception("4a", "pool3", [192, 96, 208, 16, 48, 64]),
    ...inception("4b", "inception4a", [160, 112, 224, 24, 64, 64]),
    ...inception("4c", "inception4b", [128, 128, 256, 24, 64, 64]),
    ...inception("4d", "inception4c", [112, 144, 288, 32, 64, 64]),
    ...inception("4e", "inception4d", [256, 160, 320, 32, 128, 128]),
    { ...POOL, name: "pool4" },
    ...inception("5a", "pool4", [256, 160, 320, 32, 128, 128]),
    ...inception("5b", "inception5a", [384, 192, 384, 48, 128, 128]),
    { type: "global_avg_pool2d" },
    { type: "dropout", rate: 0.4 },
    { type: "dense", name: "fc", units: outputs },
  ];
}

/**
 * Small: modules 3a, 3b and 4e alone, with a quarter of the filters, a short stem, the second pooling before 3b,
 * and no dropout.
 */
export function smallInception(_image: ImageShape, outputs: number): Layer[] {
  return [
    convolution("conv1", 16, 3, { padding: 1 }),
    { ...POOL, name: "pool1" },
    ...inception("3a", "pool1", [16, 24, 32, 4, 8, 8]),
    { ...POOL, name: "pool3" },
    ...inception("3b", "pool3", [32, 32, 48, 8, 24, 16]),
    ...inception("4e", "inception3b", [64, 40, 80, 8, 32, 32]),
    { type: "global_avg_pool2d" },
    { type: "dense", name: "fc", units: outputs },
  ];
}

/** An inception module with dimension reductions: the paper's figure 2(b). */
function inception(place: string, input: string, filters: Filters): Layer[] {
  const [one, reduce3, three, reduce5, five, pool] = filters;
  const name = `inception${place}`;
  const from = { inputs: [input] };
  return [
    convolution(`${name}_1x1`, one, 1, from),
    convolution(`${name}_3x3_reduce`, reduce3, 1, from),
    convolution(`${name}_3x3`, three, 3, { padding: 1 }),
    convolution(`${name}_5x5_reduce`, reduce5, 1, from),
    convolution(`${name}_5x5`, five, 5, { padding: 2 }),
    { type: "max_pool2d", size: 3, stride: 1, padding: 1, ...from },
    convolution(`${name}_pool`, pool, 1),
    { type: "concat", name, inputs: ["1x1", "3x3", "5x5", "pool"].map((end) => `${name}_${end}`) },
  ];
}

function convolution(
  name: string,
  filters: number,
  kernel: number,
  more: { stride?: number; padding?: number; inputs?: string[] } = {},
): Layer {
  return { type: "conv2d", name, filters, kernel, ...more, activation: "relu" };
}
