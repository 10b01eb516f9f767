import { readdirSync, readFileSync } from "node:fs";
import { elements } from "@descent/contracts";
import { describe, expect, test } from "vitest";
import { modelOfOnnx, profileOnnx, readOnnx } from "../src/index.ts";
import { verifyOnnx } from "../src/onnx-file/verify-onnx.ts";
import { openUpload } from "./open-upload.ts";

interface Sample {
  type: string;
  shape: number[];
  data: number[];
}
interface Golden {
  inputs: Record<string, Sample>;
  outputs: Record<string, Sample>;
}

const FOLDER = new URL("onnx-files/golden/", import.meta.url);
const bytesOf = (name: string) => readFileSync(new URL(`${name}.onnx`, FOLDER));
const names = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".onnx") && !name.startsWith("refused-"))
  .map((name) => name.slice(0, -".onnx".length))
  // Of operator set 9, which is not read.
  .filter((name) => name !== "sklearn-logistic-two-classes-zipmap");

describe("what PyTorch, scikit-learn and Keras give for the files they wrote, we give too", () => {
  test.each(names)("%s", async (name) => {
    const golden: Golden = JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8"));
    const bytes = bytesOf(name);
    const file = readOnnx(bytes);
    const profile = profileOnnx(file);
    await verifyOnnx(bytes, file, profile);
    const { data, shape } = golden.inputs[profile.input.name]!;
    expect(profile.input.shape).toEqual(shape.slice(1));
    const expected = Object.values(golden.outputs).find(({ type }) => type === "float32")!;
    expect(profile.output.shape).toEqual(expected.shape.slice(1));

    const model = modelOfOnnx(file, {
      ...{ head: "keep", frozen: [], initialisation: null, loss: "mse" },
      ...{ outputs: elements(profile.output.shape), inputShape: profile.input.shape },
    });
    const { training } = await openUpload(model, "mse");
    const actual = await training.forward(Float32Array.from(data), shape[0]!);
    await training.release();
    expect(actual).toHaveLength(expected.data.length);
    for (const [i, number] of expected.data.entries())
      expect(Math.abs(actual[i]! - number)).toBeLessThan(1e-5 * Math.max(1, Math.abs(number)));
  });
});
