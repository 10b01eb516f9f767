import type { Layer } from "@descent/contracts";
import { Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { buildTrainingGraph } from "../src/build-training-graph.ts";
import { modelOfLayers } from "../src/layers/model-of-layers.ts";
import { FILLING, openSession } from "../src/open-session.ts";
import models from "./golden/pytorch-models.json" with { type: "json" };
import { follow, openModel } from "./small-model.ts";

/** What make_pytorch_models.py wrote for one model; tensors are flat, by name. */
interface Golden {
  name: string;
  input: number[];
  layers: Layer[];
  loss: "cross_entropy" | "mse";
  rows: number;
  outputs: number;
  inputs: number[];
  targets: number[];
  parameters: Tensors;
  masks: Tensors;
  expected: { loss: number; gradients: Tensors; buffers: Tensors; inference: number[] };
}
type Tensors = Record<string, number[]>;

const MODELS = models as unknown as Golden[];

describe.each(MODELS)("PyTorch's numbers: $name", (golden) => {
  const { input, layers, outputs, rows, loss, expected } = golden;

  // The mean over a batch and over its repetitions is the same, but only those fill blocks and chunks of rows.
  test.each([1, FILLING])("the loss and its gradients, %d times over", async (times) => {
    const shapes = follow(layers, input, outputs);
    const built = buildTrainingGraph(modelOfLayers(shapes, input), loss);
    const { gradients } = built;
    const session = await openSession(built.graph, [built.loss, ...gradients], {
      threads: 1,
      rowsFill: (rows * times) % FILLING === 0,
    });
    const parameters = shapes.flatMap((layer) => layer.parameters);
    expect(parameters.map(({ name }) => name).sort()).toEqual(
      Object.keys(golden.parameters).sort(),
    );
    const feeds: Record<string, Tensor> = {
      [built.input.name]: float(repeat(golden.inputs, times), [rows * times, ...input]),
      [built.targets.name]: targetTensor(golden, times),
    };
    for (const { name, shape } of parameters) feeds[name] = float(golden.parameters[name]!, shape);
    expect(built.masks.map(({ value }) => value.name)).toEqual(Object.keys(golden.masks));
    for (const { value } of built.masks)
      feeds[value.name] = float(repeat(golden.masks[value.name]!, times), [
        rows * times,
        ...value.shape.slice(1).map(Number),
      ]);

    const results = await session.run(feeds);
    await session.release();
    expectRelative(results[built.loss.name]!.data, [expected.loss], "loss");
    // Of a gradient that is zero but for rounding only the size against the others can be right: a bias
    // before batch_norm has none. More rows round more often.
    const largest = Math.max(...Object.values(expected.gradients).flat().map(Math.abs));
    for (const [i, { name }] of parameters.entries())
      expectRelative(
        results[gradients[i]!.name]!.data,
        expected.gradients[name]!,
        name,
        (times === 1 ? 1e-2 : 5e-2) * largest,
      );
  });

  test("the running statistics after a step, and inference with them", async () => {
    const model = await openModel(layers, input, outputs, loss);
    const { training, weights } = model;
    for (const { name, offset } of training.tensors) weights.set(golden.parameters[name]!, offset);
    const inputs = Float32Array.from(golden.inputs);
    const targets =
      loss === "mse" ? Float32Array.from(golden.targets) : Int32Array.from(golden.targets);
    await training.step(inputs, targets, rows);
    const { tensors, values } = training.buffers;
    expect(tensors.map(({ name }) => name).sort()).toEqual(Object.keys(expected.buffers).sort());
    for (const { name, offset, length } of tensors)
      expectRelative(values.subarray(offset, offset + length), expected.buffers[name]!, name);
    expectRelative(await training.forward(inputs, rows), expected.inference, "inference");
    await training.release();
  });
});

function float(numbers: number[], shape: readonly number[]): Tensor {
  return new Tensor("float32", Float32Array.from(numbers), shape);
}

function targetTensor({ loss, targets, rows, outputs }: Golden, times: number): Tensor {
  const repeated = repeat(targets, times);
  return loss === "mse"
    ? float(repeated, [rows * times, outputs])
    : new Tensor("int32", Int32Array.from(repeated), [rows * times]);
}

function repeat(numbers: number[], times: number): number[] {
  return Array.from({ length: times }, () => numbers).flat();
}

/** Every number within 1e-5 of the largest of its tensor, or of `floor` where all of them are smaller. */
function expectRelative(actual: unknown, expected: number[], what: string, floor = 0): void {
  const numbers = Array.from(actual as Float32Array);
  expect(numbers.length, what).toBe(expected.length);
  const scale = Math.max(floor, ...expected.map(Math.abs));
  const worst = Math.max(...expected.map((number, i) => Math.abs(number - numbers[i]!)));
  expect(worst / scale, what).toBeLessThan(1e-5);
}
