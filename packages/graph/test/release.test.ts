import type { Layer } from "@descent/contracts";
import { expect, test } from "vitest";
import { addInput } from "../src/graph.ts";
import { createTrainingStep, type Model, modelOfLayers, placeTensors } from "../src/index.ts";
import { follow } from "./small-model.ts";

const INPUT = [1, 4, 4];
const LAYERS: Layer[] = [
  { type: "conv2d", filters: 2, kernel: 3 },
  { type: "flatten" },
  { type: "dense" },
];

/** A model that onnxruntime does not compile, since two inputs have one name. */
function uncompilable(mode: "training" | "inference"): Model {
  const model = modelOfLayers(follow(LAYERS, INPUT, 2), INPUT);
  return {
    ...model,
    append(graph, given, input) {
      const appended = model.append(graph, given, input);
      if (given === mode) addInput(graph, appended.input.name, "float32", ["rows"]);
      return appended;
    },
  };
}

// Otherwise the error of the release stands before the one that tells what happened, such as memory run out.
test.each(["training", "inference"] as const)(
  "what was not compiled for %s is no error to release",
  async (mode) => {
    const model = uncompilable(mode);
    const { length } = placeTensors(model.parameters);
    const [weights, gradients] = [new Float32Array(length), new Float32Array(length)];
    const step = await createTrainingStep({ model, loss: "mse", weights, gradients, seed: 1 });
    const inputs = new Float32Array(16);
    await expect(
      mode === "training" ? step.step(inputs, new Float32Array(2), 1) : step.forward(inputs, 1),
    ).rejects.toThrow(/Duplicate|invalid/);
    await expect(step.release()).resolves.toBeUndefined();
  },
);
