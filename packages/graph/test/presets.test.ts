import { expandPreset, PRESETS, type PresetName, type PresetSize } from "@descent/contracts";
import { expect, test } from "vitest";
import { randomNumbers } from "./check-gradients.ts";
import { openModel, randomBatch } from "./small-model.ts";

const CLASSES = 4;
const open = (preset: PresetName, size: PresetSize, input: number[]) =>
  openModel(expandPreset({ preset, size }, input, CLASSES)!, input, CLASSES, "cross_entropy");

const ONE_STEP = PRESETS.flatMap((preset) => [
  [preset, "small", 8, [1, 28, 28]] as const,
  [preset, "small", 8, [3, 32, 32]] as const,
  [preset, "full", 2, [1, 8, 8]] as const,
]);
test.each(ONE_STEP)("one step of %s, %s, on %d images %j", async (preset, size, rows, shape) => {
  const input = [...shape];
  const { training, gradients } = await open(preset, size, input);
  const { inputs, classes } = randomBatch(rows, input, CLASSES);
  const { loss } = await training.step(inputs, classes, rows);
  expect(loss).toBeGreaterThan(0);
  expect(gradients.every(Number.isFinite)).toBe(true);
  for (const { name, offset, length } of training.tensors) {
    const moved = gradients.subarray(offset, offset + length).some((value) => value !== 0);
    expect(moved, `the gradient of ${name}`).toBe(true);
  }
  await training.release();
});

/** Images of one bright bar in noise, upright or lying, in the near or the far half: four classes. */
function bars(rows: number, seed: number) {
  const random = randomNumbers(seed);
  const inputs = Float32Array.from({ length: rows * 784 }, () => 0.1 * (1 + random()));
  const classes = Int32Array.from({ length: rows }, (_, row) => row % CLASSES);
  for (let row = 0; row < rows; row++) {
    const place = 3 + Math.floor(4 * (1 + random())) + (classes[row]! < 2 ? 0 : 13);
    for (let along = 4; along < 24; along++) {
      const pixel = classes[row]! % 2 === 0 ? along * 28 + place : place * 28 + along;
      inputs[row * 784 + pixel] = 1;
    }
  }
  return { inputs, classes };
}

/** Gradient descent with momentum 0.9, rate 0.02: what falls, falls by the gradient alone. */
test.each(PRESETS)("the loss of the small %s falls", async (preset) => {
  const { training, weights, gradients } = await open(preset, "small", [1, 28, 28]);
  const rows = 32;
  const velocity = new Float32Array(weights.length);
  const losses: number[] = [];
  const mean = (part: number[]) => part.reduce((sum, loss) => sum + loss, 0) / part.length;
  const fallen = () => mean(losses.slice(-5)) < 0.7 * mean(losses.slice(0, 5));
  while (losses.length < 60 && !fallen()) {
    const { inputs, classes } = bars(rows, losses.length);
    losses.push((await training.step(inputs, classes, rows)).loss);
    for (let i = 0; i < weights.length; i++) {
      velocity[i] = 0.9 * velocity[i]! + gradients[i]!;
      weights[i]! -= 0.02 * velocity[i]!;
    }
  }
  expect(fallen(), losses.join(", ")).toBe(true);
  await training.release();
});
