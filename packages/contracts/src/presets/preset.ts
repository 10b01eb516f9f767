import type { Layer } from "../layers.ts";

export const PRESETS = ["alexnet", "vgg", "squeezenet", "inception", "resnet"] as const;
export type PresetName = (typeof PRESETS)[number];

/** "full" has the paper's blocks and widths; "small" is of the same make, for a minute on one core. */
export const PRESET_SIZES = ["small", "full"] as const;
export type PresetSize = (typeof PRESET_SIZES)[number];

/** [channels, height, width] */
export type ImageShape = readonly [channels: number, height: number, width: number];

/**
 * The layers of an architecture.
 *
 * @param image the shape of one sample, of any height and width from 1 on
 * @param outputs how many numbers the target needs
 */
export type Preset = (image: ImageShape, outputs: number) => Layer[];

/**
 * The papers' stems are made for 224x224 and shrink an image to a quarter before the first block. Below this
 * side, the least that AlexNet's leaves anything of, a smaller stem that keeps more of the image stands in.
 */
export const PAPER_STEM_FROM = 67;

export function hasPaperStem([, height, width]: ImageShape): boolean {
  return Math.min(height, width) >= PAPER_STEM_FROM;
}
