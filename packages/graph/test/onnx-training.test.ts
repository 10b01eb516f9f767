import { readFileSync } from "node:fs";
import type { Loss } from "@descent/contracts";
import { describe, expect, test } from "vitest";
import { modelOfOnnx, profileOnnx, readOnnx } from "../src/index.ts";
import steps from "./onnx-training/training-steps.json" with { type: "json" };
import { openUpload } from "./open-upload.ts";

interface Step {
  loss_type: string;
  targets: number[];
  loss: number;
  gradients: Record<string, number[]>;
  statistics: Record<string, number[]>;
}
const STEPS: Record<string, Step> = steps;
const FOLDER = new URL("onnx-files/golden/", import.meta.url);

describe("the first training step of a file is PyTorch's", () => {
  test.each(Object.keys(STEPS))("%s", async (name) => {
    const {
      targets,
      loss: expectedLoss,
      gradients: expected,
      statistics,
      loss_type,
    } = STEPS[name]!;
    const loss = loss_type as Loss;
    const file = readOnnx(readFileSync(new URL(`${name}.onnx`, FOLDER)));
    const { input, output, parameters } = profileOnnx(file);
    const model = modelOfOnnx(file, {
      ...{ head: "keep", frozen: [], initialisation: null, loss },
      ...{ outputs: output.shape[0]!, inputShape: input.shape },
    });
    const golden = JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8"));
    const inputs = Float32Array.from(golden.inputs[input.name].data);
    const { training, tensors, gradients } = await openUpload(model, loss, false);
    const batch = loss === "mse" ? Float32Array.from(targets) : Int32Array.from(targets);
    const step = await training.step(inputs, batch, targets.length);
    const { values, tensors: buffers } = training.buffers;
    await training.release();

    expect(Math.abs(step.loss - expectedLoss)).toBeLessThan(1e-5 * Math.max(1, expectedLoss));
    expect(parameters.map((parameter) => parameter.name).sort()).toEqual(
      Object.keys(expected).sort(),
    );
    const all = Object.values(expected).flat();
    for (const { name, offset, length } of tensors)
      near(name, gradients.subarray(offset, offset + length), expected[name]!, largest(all) / 10);
    expect(buffers.map((buffer) => buffer.name).sort()).toEqual(Object.keys(statistics).sort());
    for (const { name, offset, length } of buffers)
      near(name, values.subarray(offset, offset + length), statistics[name]!);
  });
});

const largest = (numbers: readonly number[]) => Math.max(...numbers.map(Math.abs));

/** To 1e-5 of the largest number; some are zeros that only rounding moves, as of a bias before a batch norm. */
function near(name: string, actual: Float32Array, expected: readonly number[], least = 0): void {
  expect(actual, name).toHaveLength(expected.length);
  const scale = Math.max(largest(expected), least);
  for (const [i, number] of expected.entries())
    expect(Math.abs(actual[i]! - number) / scale, `${name}, ${i}`).toBeLessThan(1e-5);
}
