import { expect, test } from "vitest";
import {
  expandPreset,
  followShapes,
  PRESET_SIZES,
  PRESETS,
  type PresetName,
  type PresetSize,
} from "../src/index.ts";

function build(preset: PresetName, size: PresetSize, input: number[], outputs: number) {
  const layers = expandPreset({ preset, size }, input, outputs);
  const shapes = followShapes(layers!, input, outputs);
  if (shapes.faults !== null) throw new Error(JSON.stringify(shapes.faults));
  return shapes;
}
const NAMES = PRESETS.flatMap((preset) => PRESET_SIZES.map((size) => [preset, size] as const));

// 66 and 67: the largest stem of small images, the smallest of the paper's.
const SIDES = [1, 2, 3, 5, 8, 28, 32, 66, 67, 96];
test.each(NAMES)("%s, %s, takes images of every side", (preset, size) => {
  for (const side of SIDES)
    for (const [channels, width] of [
      [1, side],
      [3, 2 * side + 1],
    ] as const) {
      const { output, layers } = build(preset, size, [channels, side, width], 7);
      expect(output).toEqual([7]);
      for (const layer of layers) expect(Math.min(...layer.output)).toBeGreaterThan(0);
    }
});

test.each(NAMES)(
  "%s, %s, leaves more than one pixel of 28x28 to its last blocks",
  (preset, size) => {
    const { layers } = build(preset, size, [1, 28, 28], 10);
    const images = layers.filter(({ output }) => output.length === 3);
    const last = images.at(-1)!.input;
    // VGG's five poolings leave one pixel of 28x28 by the paper's own rule.
    expect(last[1]! * last[2]!).toBeGreaterThan(preset === "vgg" && size === "full" ? 0 : 1);
  },
);

test("a sample that is no image has no preset", () => {
  expect(expandPreset({ preset: "vgg", size: "small" }, [64], 10)).toBeNull();
  expect(expandPreset({ preset: "vgg", size: "small" }, [64, 3], 10)).toBeNull();
});

/**
 * Parameters with 1000 classes, as published: AlexNet and GoogLeNet (without its auxiliary classifiers) of the
 * Caffe model zoo, VGG-16, SqueezeNet 1.0 and ResNet-18 of torchvision. AlexNet's images are 227x227: with the
 * 224x224 that the paper prints, its own shapes do not come out.
 */
const PUBLISHED: [preset: PresetName, side: number, parameters: number][] = [
  ["alexnet", 227, 60_965_224],
  ["vgg", 224, 138_357_544],
  ["squeezenet", 224, 1_248_424],
  ["inception", 224, 6_998_552],
  ["resnet", 224, 11_689_512],
];
test.each(PUBLISHED)("full %s has the parameters of the original", (preset, side, parameters) => {
  expect(build(preset, "full", [3, side, side], 1000).parameterCount).toBe(parameters);
});

/** The original with another stem, for one channel, and another head, for 10 classes, by hand. */
const SMALL_IMAGES: Record<PresetName, number> = {
  // 28 -> 14 -> 7 -> 4: fc6 takes 256 of 4x4, not of 6x6.
  alexnet: 60_965_224 - 96 * (3 * 121 - 25) - 256 * (36 - 16) * 4096 - (1000 - 10) * (4096 + 1),
  // One pixel after four poolings; fc6 takes 512 of 1x1, not of 7x7.
  vgg: 138_357_544 - 64 * 2 * 9 - 512 * (49 - 1) * 4096 - (1000 - 10) * (4096 + 1),
  squeezenet: 1_248_424 - 96 * (3 * 49 - 9) - (1000 - 10) * (512 + 1),
  inception: 6_998_552 - 64 * (3 * 49 - 9) - (1000 - 10) * (1024 + 1),
  resnet: 11_689_512 - 64 * (3 * 49 - 9) - (1000 - 10) * (512 + 1),
};
test.each(PRESETS)(
  "full %s for MNIST differs from the original in stem and head only",
  (preset) => {
    expect(build(preset, "full", [1, 28, 28], 10).parameterCount).toBe(SMALL_IMAGES[preset]);
  },
);

/** A convolution of k x k from a to b channels, with its bias. */
const conv = (k: number, a: number, b: number) => k * k * a * b + b;
const fire = (a: number, s: number, e: number) => conv(1, a, s) + conv(1, s, e) + conv(3, s, e);
/** Without biases, but with the scale and bias of a normalisation. */
const norm = (k: number, a: number, b: number) => k * k * a * b + 2 * b;
const SMALL: Record<PresetName, number> = {
  alexnet:
    conv(5, 1, 16) +
    conv(5, 16, 32) +
    conv(3, 32, 64) +
    conv(3, 64, 64) +
    conv(3, 64, 32) +
    (32 * 16 * 128 + 128) +
    (128 * 128 + 128) +
    (128 * 10 + 10),
  vgg:
    conv(3, 1, 16) +
    conv(3, 16, 16) +
    conv(3, 16, 32) +
    conv(3, 32, 32) +
    conv(3, 32, 64) +
    conv(3, 64, 64) +
    (64 * 9 * 128 + 128) +
    (128 * 10 + 10),
  squeezenet:
    conv(3, 1, 24) +
    fire(24, 8, 24) +
    fire(48, 8, 24) +
    fire(48, 16, 48) +
    fire(96, 16, 48) +
    conv(1, 96, 10),
  inception:
    conv(3, 1, 16) +
    conv(1, 16, 16) +
    conv(1, 16, 24) +
    conv(3, 24, 32) +
    conv(1, 16, 4) +
    conv(5, 4, 8) +
    conv(1, 16, 8) +
    conv(1, 64, 32) +
    conv(1, 64, 32) +
    conv(3, 32, 48) +
    conv(1, 64, 8) +
    conv(5, 8, 24) +
    conv(1, 64, 16) +
    conv(1, 120, 64) +
    conv(1, 120, 40) +
    conv(3, 40, 80) +
    conv(1, 120, 8) +
    conv(5, 8, 32) +
    conv(1, 120, 32) +
    (208 * 10 + 10),
  resnet:
    norm(3, 1, 16) +
    norm(3, 16, 16) * 2 +
    norm(3, 16, 32) +
    norm(3, 32, 32) +
    norm(1, 16, 32) +
    norm(3, 32, 64) +
    norm(3, 64, 64) +
    norm(1, 32, 64) +
    (64 * 10 + 10),
};
test.each(PRESETS)("small %s has the parameters of its blocks", (preset) => {
  expect(build(preset, "small", [1, 28, 28], 10).parameterCount).toBe(SMALL[preset]);
});
