import type { Layer } from "../layers.ts";
import { hasPaperStem, type ImageShape } from "./preset.ts";

/**
 * AlexNet: Krizhevsky, Sutskever & Hinton 2012, "ImageNet Classification with Deep Convolutional Neural
 * Networks", section 3.5, with the groups of its two GPUs. Left out: the local response normalisation of its
 * section 3.3. For small images the first kernel is 5x5 without a stride, and the poolings are padded.
 */
export function fullAlexnet(image: ImageShape, outputs: number): Layer[] {
  const paperStem = hasPaperStem(image);
  const stem = paperStem ? { kernel: 11, stride: 4 } : { kernel: 5, padding: 2 };
  const relu = { activation: "relu" } as const;
  const pool: Layer = { type: "max_pool2d", size: 3, stride: 2, padding: paperStem ? 0 : 1 };
  return [
    { type: "conv2d", name: "conv1", filters: 96, ...stem, ...relu },
    pool,
    { type: "conv2d", name: "conv2", filters: 256, kernel: 5, padding: 2, groups: 2, ...relu },
    pool,
    { type: "conv2d", name: "conv3", filters: 384, kernel: 3, padding: 1, ...relu },
    { type: "conv2d", name: "conv4", filters: 384, kernel: 3, padding: 1, groups: 2, ...relu },
    { type: "conv2d", name: "conv5", filters: 256, kernel: 3, padding: 1, groups: 2, ...relu },
    pool,
    { type: "flatten" },
    { type: "dense", name: "fc6", units: 4096, ...relu },
    { type: "dropout", rate: 0.5 },
    { type: "dense", name: "fc7", units: 4096, ...relu },
    { type: "dropout", rate: 0.5 },
    { type: "dense", name: "fc8", units: outputs },
  ];
}

/**
 * Small: all eight layers and the three poolings, with 16 to 64 filters for 96 to 384, 128 units for 4096, no
 * groups and no dropout, which so narrow a net would only underfit by; the stem of small images always.
 */
export function smallAlexnet(_image: ImageShape, outputs: number): Layer[] {
  const relu = { activation: "relu" } as const;
  const pool: Layer = { type: "max_pool2d", size: 3, stride: 2, padding: 1 };
  return [
    { type: "conv2d", name: "conv1", filters: 16, kernel: 5, padding: 2, ...relu },
    pool,
    { type: "conv2d", name: "conv2", filters: 32, kernel: 5, padding: 2, ...relu },
    pool,
    { type: "conv2d", name: "conv3", filters: 64, kernel: 3, padding: 1, ...relu },
    { type: "conv2d", name: "conv4", filters: 64, kernel: 3, padding: 1, ...relu },
    { type: "conv2d", name: "conv5", filters: 32, kernel: 3, padding: 1, ...relu },
    pool,
    { type: "flatten" },
    { type: "dense", name: "fc6", units: 128, ...relu },
    { type: "dense", name: "fc7", units: 128, ...relu },
    { type: "dense", name: "fc8", units: outputs },
  ];
}
