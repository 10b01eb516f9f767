import type { Layer } from "../layers.ts";
import type { ImageShape } from "./preset.ts";

/** Filters of every convolution, stage by stage: configuration D of the paper's table 1, VGG-16. */
const CONFIGURATION_D = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
];

/**
 * VGG: Simonyan & Zisserman 2014, "Very Deep Convolutional Networks for Large-Scale Image Recognition", section
 * 2.1. The poolings that would leave nothing of a small image are left out.
 */
export function fullVgg(image: ImageShape, outputs: number): Layer[] {
  return [
    ...stages(CONFIGURATION_D, image),
    { type: "flatten" },
    { type: "dense", name: "fc6", units: 4096, activation: "relu" },
    { type: "dropout", rate: 0.5 },
    { type: "dense", name: "fc7", units: 4096, activation: "relu" },
    { type: "dropout", rate: 0.5 },
    { type: "dense", name: "fc8", units: outputs },
  ];
}

/** Small: three stages of two convolutions, a quarter of the filters, one hidden layer of 128, no dropout. */
export function smallVgg(image: ImageShape, outputs: number): Layer[] {
  const quarters = [
    [16, 16],
    [32, 32],
    [64, 64],
  ];
  return [
    ...stages(quarters, image),
    { type: "flatten" },
    { type: "dense", name: "fc4", units: 128, activation: "relu" },
    { type: "dense", name: "fc5", units: outputs },
  ];
}

/** Stages of 3x3 convolutions, each with a 2x2 pooling at its end while there are two pixels to pool. */
function stages(filters: readonly number[][], [, height, width]: ImageShape): Layer[] {
  const side = Math.min(height, width);
  return filters.flatMap((stage, index): Layer[] => [
    ...stage.map(
      (count, place): Layer => ({
        type: "conv2d",
        name: `conv${index + 1}_${place + 1}`,
        filters: count,
        kernel: 3,
        padding: 1,
        activation: "relu",
      }),
    ),
    ...(side >= 2 ** (index + 1) ? [{ type: "max_pool2d", size: 2 } as const] : []),
  ]);
}
