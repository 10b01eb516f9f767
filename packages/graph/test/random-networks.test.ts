import type { Layer } from "@descent/contracts";
import { followShapes } from "@descent/contracts";
import { expect, test } from "vitest";
import {
  createTrainingStep,
  initialiseWeights,
  modelOfLayers,
  placeTensors,
} from "../src/index.ts";
import { randomNumbers } from "./check-gradients.ts";

// A batch of 32 goes through convolutions in blocks and chunks, wherever a network allows it; 24 rows and 8 go
// through whole and as they lie. Where no layer mixes rows, the gradient of the 32 is the mean of the other two.

const NETWORKS = 150;

function drawer(seed: number) {
  const random = randomNumbers(seed);
  const pick = <T>(...from: T[]): T =>
    from[Math.floor(((random() + 1) / 2) * from.length * 0.999)]!;
  return { random, pick };
}

/** Convolutions of all kinds, pools, norms and branches, then dense layers. */
function drawLayers(pick: ReturnType<typeof drawer>["pick"]): Layer[] {
  const layers: Layer[] = [];
  for (let i = 0; i < pick(1, 2, 3); i++) {
    layers.push({
      type: "conv2d",
      filters: pick(4, 6, 8, 16, 20, 32, 48),
      kernel: pick(1, 2, 3, 5),
      stride: pick(1, 1, 2),
      padding: pick<"same" | "valid" | number>("same", "valid", 1),
      dilation: pick(1, 1, 2),
      groups: pick(1, 1, 1, 2),
      activation: pick("none", "relu", "tanh", "gelu", "elu", "leaky_relu"),
      bias: pick(true, false),
      name: `conv${i}`,
    });
    if (pick(true, false))
      layers.push({
        type: pick("max_pool2d", "max_pool2d", "avg_pool2d"),
        size: pick(2, 2, 3),
        stride: pick(1, 2),
        padding: pick(0, 0, 1),
        name: `pool${i}`,
      });
    if (pick(true, false, false)) layers.push({ type: "layer_norm", name: `norm${i}` });
    if (pick(true, false)) {
      const inputs = [layers.at(-1)!.name!];
      const branch = { type: "conv2d", filters: pick(8, 16), padding: "same", inputs } as const;
      layers.push({ ...branch, kernel: 3, name: `wide${i}` });
      layers.push({ ...branch, kernel: 1, name: `narrow${i}` });
      layers.push({ type: pick("add", "concat"), inputs: [`wide${i}`, `narrow${i}`] });
    }
  }
  layers.push({ type: pick("global_avg_pool2d", "flatten") });
  return [...layers, { type: "dense", units: 5 }, { type: "dense" }];
}

/** Its last values are laid out in blocks for the way back, and needed so on the way forward. */
const LAID_OUT_LATE: { input: number[]; layers: Layer[] } = {
  input: [20, 8, 12],
  layers: [
    { type: "conv2d", filters: 20, kernel: 5, activation: "elu" },
    { type: "conv2d", filters: 8, kernel: 3, padding: "same", activation: "leaky_relu" },
    { type: "layer_norm" },
    { type: "flatten" },
    { type: "dense" },
  ],
};

test(`the gradient of a batch is the mean of its parts' in ${NETWORKS} networks`, async () => {
  const { random, pick } = drawer(3);
  let tried = 0;
  while (tried < NETWORKS) {
    const drawn = {
      input: [pick(1, 3, 4, 8, 16, 20), pick(6, 8, 9, 12), pick(6, 8, 9, 12)],
      layers: drawLayers(pick),
    };
    const { input, layers } = tried === 0 ? LAID_OUT_LATE : drawn;
    const shapes = followShapes(layers, input, 3, "he_normal");
    if (shapes.faults) continue; // groups that do not divide, windows that do not fit
    tried++;
    const model = modelOfLayers(shapes.layers, input);
    const { tensors, length } = placeTensors(model.parameters);
    const [weights, gradients] = [new Float32Array(length), new Float32Array(length)];
    initialiseWeights(weights, tensors, tried);
    const options = { model, loss: "cross_entropy", weights, gradients, seed: 1 } as const;
    const training = await createTrainingStep(options);
    const width = input.reduce((product, axis) => product * axis, 1);
    const inputs = Float32Array.from({ length: 32 * width }, random);
    const targets = Int32Array.from({ length: 32 }, () => pick(0, 1, 2));
    const stepOf = async (from: number, rows: number) => {
      const { loss } = await training.step(
        inputs.subarray(from * width),
        targets.subarray(from),
        rows,
      );
      return { loss, gradients: gradients.slice() };
    };
    const whole = await stepOf(0, 32);
    const parts = [await stepOf(0, 24), await stepOf(24, 8)];
    await training.release();
    const mean = (of: (part: (typeof parts)[0]) => number) =>
      (of(parts[0]!) * 24 + of(parts[1]!) * 8) / 32;
    const said = JSON.stringify({ input, layers });
    expect(Math.abs(whole.loss - mean(({ loss }) => loss)), said).toBeLessThan(1e-5);
    const largest = Math.max(...whole.gradients.map(Math.abs));
    for (const [i, gradient] of whole.gradients.entries()) {
      const difference = Math.abs(gradient - mean((part) => part.gradients[i]!));
      if (!(difference <= 1e-4 * largest)) expect.fail(`gradient ${i} of ${said}`);
    }
  }
}, 120_000);
