import type { Layer } from "./layers.ts";
import { fullAlexnet, smallAlexnet } from "./presets/alexnet.ts";
import { fullInception, smallInception } from "./presets/inception.ts";
import type { ImageShape, Preset, PresetName, PresetSize } from "./presets/preset.ts";
import { fullResnet, smallResnet } from "./presets/resnet.ts";
import { fullSqueezenet, smallSqueezenet } from "./presets/squeezenet.ts";
import { fullVgg, smallVgg } from "./presets/vgg.ts";

export { PRESET_SIZES, PRESETS, type PresetName, type PresetSize } from "./presets/preset.ts";

const ARCHITECTURES: Record<PresetName, Record<PresetSize, Preset>> = {
  alexnet: { small: smallAlexnet, full: fullAlexnet },
  vgg: { small: smallVgg, full: fullVgg },
  squeezenet: { small: smallSqueezenet, full: fullSqueezenet },
  inception: { small: smallInception, full: fullInception },
  resnet: { small: smallResnet, full: fullResnet },
};

/**
 * The layers of a named architecture for images of a shape.
 *
 * @param input the shape of one sample
 * @param outputs how many numbers the last layer must give
 * @returns null where a sample is not an image [channels, height, width]
 */
export function expandPreset(
  { preset, size }: { preset: PresetName; size: PresetSize },
  input: readonly number[],
  outputs: number,
): Layer[] | null {
  const [channels, height, width] = input;
  if (input.length !== 3 || !channels || !height || !width) return null;
  const image: ImageShape = [channels, height, width];
  return ARCHITECTURES[preset][size](image, outputs);
}
