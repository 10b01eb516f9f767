import { elements, type Layer } from "@descent/contracts";
import { describe, expect, test } from "vitest";
import { buildForward } from "../src/build-forward.ts";
import { emptyGraph, type ForwardOp } from "../src/graph.ts";
import { createTrainingStep } from "../src/index.ts";
import { padAxis } from "../src/pad-axis.ts";
import { follow, modelOf, openModel, randomBatch } from "./small-model.ts";

const convNet: Layer[] = [
  { type: "conv2d", filters: 4, kernel: 3, padding: "same", activation: "relu" },
  { type: "max_pool2d", size: 2 },
  { type: "flatten" },
  { type: "dense", units: 6, activation: "tanh" },
  { type: "dense" },
];

describe("known numbers", () => {
  test("softmax and cross-entropy by hand", async () => {
    const { weights, gradients, training } = await openModel(
      [{ type: "dense" }],
      [2],
      3,
      "cross_entropy",
    );
    const [weight, bias] = training.tensors;
    weights.set([0, Math.log(2), Math.log(5), 0, 0, 0], weight!.offset);
    weights.set([0, 0, 0], bias!.offset);
    // Row 1 sees the logits 0, ln 2, ln 5: probabilities 1/8, 2/8, 5/8. Row 2 sees equal logits.
    const inputs = Float32Array.of(1, 0, 0, 3);
    const { loss, correct } = await training.step(inputs, Int32Array.of(2, 1), 2);
    expect(loss).toBeCloseTo((Math.log(8 / 5) + Math.log(3)) / 2, 6);
    expect(correct).toBe(1);
    const dBias = [1 / 8 + 1 / 3, 2 / 8 - 2 / 3, -3 / 8 + 1 / 3].map((sum) => sum / 2);
    const dWeight = [1 / 16, 2 / 16, -3 / 16, 3 / 6, -6 / 6, 3 / 6];
    expectClose(gradients.subarray(bias!.offset, bias!.offset + 3), dBias);
    expectClose(gradients.subarray(weight!.offset, weight!.offset + 6), dWeight);
    await training.release();
  });

  test("the mean squared error by hand", async () => {
    const { weights, gradients, training } = await openModel([{ type: "dense" }], [1], 2, "mse");
    const [weight, bias] = training.tensors;
    weights.set([2, -1], weight!.offset);
    weights.set([0.5, 0], bias!.offset);
    // Outputs (2.5, -1) and (4.5, -2), errors (1.5, -1) and (-0.5, 0).
    const { loss, correct } = await training.step(
      Float32Array.of(1, 2),
      Float32Array.of(1, 0, 5, -2),
      2,
    );
    expect(loss).toBe((2.25 + 1 + 0.25) / 4);
    expect(correct).toBeNull();
    expectClose(gradients.subarray(weight!.offset, weight!.offset + 2), [0.25, -0.5]);
    expectClose(gradients.subarray(bias!.offset, bias!.offset + 2), [0.5, -0.5]);
    await training.release();
  });

  test("correct is the largest logit, negative ones too; the lowest class wins a tie", async () => {
    const layers: Layer[] = [{ type: "dense" }];
    const { weights, training } = await openModel(layers, [1], 3, "cross_entropy");
    weights.fill(0);
    weights.set([-3, -1, -2], training.tensors[0]!.offset);
    const inputs = Float32Array.of(1, -1, 0, 1);
    const correct = async (...targets: number[]) =>
      (await training.step(inputs, Int32Array.from(targets), 4)).correct;
    expect(await correct(1, 0, 0, 1)).toBe(4);
    expect(await correct(0, 1, 1, 1)).toBe(1);
    expect(await correct(2, 2, 2, 2)).toBe(0);
    await training.release();
  });

  test("logits far apart overflow nothing", async () => {
    const { weights, gradients, training } = await openModel(
      [{ type: "dense" }],
      [1],
      2,
      "cross_entropy",
    );
    weights.fill(0);
    weights.set([1000, -1000], training.tensors[0]!.offset);
    const { loss } = await training.step(Float32Array.of(1), Int32Array.of(1), 1);
    expect(loss).toBe(2000);
    expectClose(gradients.subarray(0, 2), [1, -1]);
    await training.release();
  });

  test("a diverged model gives a loss that is not finite, not an error", async () => {
    const { weights, training } = await openModel([{ type: "dense" }], [1], 2, "cross_entropy");
    weights.fill(Number.NaN);
    const { loss } = await training.step(Float32Array.of(1), Int32Array.of(1), 1);
    expect(loss).toBeNaN();
    await training.release();
  });
});

describe("memory", () => {
  test("parameters are read and gradients written where they are", async () => {
    const model = await openModel(convNet, [1, 6, 6], 3, "cross_entropy");
    const { inputs, classes } = randomBatch(8, [1, 6, 6], 3);
    const canary = 12345;
    model.gradients.fill(canary);
    const before = await model.training.step(inputs, classes, 8);
    const inPlace = new Float32Array(model.memory.buffer, model.gradients.byteOffset);
    const padding = new Set(model.gradients.keys());
    for (const { offset, length } of model.training.tensors)
      for (let i = offset; i < offset + length; i++) {
        padding.delete(i);
        expect(inPlace[i]).not.toBe(canary);
      }
    expect(padding.size).toBeGreaterThan(0);
    for (const i of padding) expect(inPlace[i]).toBe(canary);

    // One step of gradient descent in the same memory lowers the loss.
    for (const { offset, length } of model.training.tensors)
      for (let i = offset; i < offset + length; i++)
        model.weights[i]! -= 0.05 * model.gradients[i]!;
    const after = await model.training.step(inputs, classes, 8);
    expect(after.loss).toBeLessThan(before.loss);
    expect(after.loss).toBeGreaterThan(0);
    await model.training.release();
  });

  test("arrays that are too short are refused", async () => {
    const model = modelOf([{ type: "dense" }], [4], 3);
    const options = { model, loss: "cross_entropy", seed: 1 } as const;
    await expect(
      createTrainingStep({
        ...options,
        weights: new Float32Array(32),
        gradients: new Float32Array(31),
      }),
    ).rejects.toThrow(RangeError);
    const training = await createTrainingStep({
      ...options,
      weights: new Float32Array(32),
      gradients: new Float32Array(32),
    });
    await expect(training.step(new Float32Array(7), Int32Array.of(0, 1), 2)).rejects.toThrow();
    await expect(training.step(new Float32Array(8), Int32Array.of(0), 2)).rejects.toThrow();
    for (const target of [-1, 3])
      await expect(training.step(new Float32Array(8), Int32Array.of(0, target), 2)).rejects.toThrow(
        `the target of row 1 is ${target}, not one of 3 classes`,
      );
    await training.release();
  });
});

describe("batches", () => {
  test("a smaller last batch in the same arrays counts only its own rows", async () => {
    const model = await openModel(convNet, [1, 6, 6], 3, "cross_entropy");
    const { inputs, classes } = randomBatch(8, [1, 6, 6], 3);
    await model.training.step(inputs, classes, 8);
    const three = await model.training.step(inputs, classes, 3);
    const gradients = model.gradients.slice();

    let loss = 0;
    let correct = 0;
    const sum = new Float64Array(gradients.length);
    for (let row = 0; row < 3; row++) {
      const one = await model.training.step(inputs.subarray(row * 36), classes.subarray(row), 1);
      loss += one.loss / 3;
      correct += one.correct!;
      for (let i = 0; i < sum.length; i++) sum[i]! += model.gradients[i]! / 3;
    }
    expect(three.loss).toBeCloseTo(loss, 5);
    expect(three.correct).toBe(correct);
    expectClose(gradients, Array.from(sum));
    await model.training.release();
  });

  test("forward gives every row its own outputs however many rows there are", async () => {
    const input = [1, 40, 40];
    const wide: Layer[] = [
      { type: "conv2d", filters: 64, kernel: 1, activation: "relu" },
      { type: "max_pool2d", size: 40 },
      { type: "flatten" },
      { type: "dense" },
    ];
    const model = await openModel(wide, input, 2, "mse");
    const rows = 100; // 104,000 numbers each: three chunks
    const { inputs } = randomBatch(rows, input, 2);
    const all = await model.training.forward(inputs, rows);
    expect(all.length).toBe(rows * 2);
    for (const row of [0, 39, 40, 41, 80, 81, 99]) {
      const one = await model.training.forward(inputs.subarray(row * 1600), 1);
      expectClose(all.subarray(row * 2, row * 2 + 2), Array.from(one));
    }
    expect(await model.training.forward(inputs, 0)).toEqual(new Float32Array(0));
    await model.training.release();
  });

  test("forward sees the weights as they are now", async () => {
    const { weights, training } = await openModel([{ type: "dense" }], [1], 1, "mse");
    weights.fill(0);
    weights[0] = 2;
    expect(await training.forward(Float32Array.of(3), 1)).toEqual(Float32Array.of(6));
    weights[0] = -1;
    expect(await training.forward(Float32Array.of(3), 1)).toEqual(Float32Array.of(-3));
    await training.release();
  });
});

test("the same inputs give the same bits", async () => {
  const runs = [];
  for (let run = 0; run < 2; run++) {
    const model = await openModel(convNet, [1, 6, 6], 3, "cross_entropy");
    const { inputs, classes } = randomBatch(8, [1, 6, 6], 3);
    for (let repeat = 0; repeat < 2; repeat++) {
      const { loss } = await model.training.step(inputs, classes, 8);
      const bits = Buffer.from(model.memory.buffer).toString("base64");
      runs.push({ loss, bits, outputs: await model.training.forward(inputs, 8) });
    }
    await model.training.release();
  }
  for (const run of runs) expect(run).toEqual(runs[0]);
});

test("same padding is SAME_UPPER: ceil(length / stride) outputs, the odd zero at the end", () => {
  expect(padAxis(28, 5, 1, "same")).toEqual({ begin: 2, end: 2 });
  expect(padAxis(4, 2, 1, "same")).toEqual({ begin: 0, end: 1 });
  expect(padAxis(8, 3, 2, "same")).toEqual({ begin: 0, end: 1 });
  expect(padAxis(7, 3, 2, "same")).toEqual({ begin: 1, end: 1 });
  expect(padAxis(5, 1, 3, "same")).toEqual({ begin: 0, end: 0 });
  expect(padAxis(3, 6, 1, "same")).toEqual({ begin: 2, end: 3 });
  expect(padAxis(28, 5, 1, "valid")).toEqual({ begin: 0, end: 0 });
});

test("the graph's shapes are those that contracts followed", () => {
  for (let length = 1; length <= 9; length++)
    for (const kernel of [1, 2, 3, 5])
      for (const stride of [1, 2, 3, 4])
        for (const padding of ["same", "valid"] as const) {
          if (padding === "valid" && kernel > length) continue;
          const layers = follow(
            [
              { type: "conv2d", filters: 2, kernel, stride, padding },
              { type: "flatten" },
              { type: "dense" },
            ],
            [1, length, length + 3],
            1,
          );
          const graph = emptyGraph<ForwardOp>();
          buildForward(graph, layers, [1, length, length + 3], "training");
          const [conv, flat] = graph.nodes.map((node) => node.outputs[0]!.shape.slice(1));
          expect(conv).toEqual(layers[0]!.output);
          expect(flat).toEqual([elements(layers[0]!.output)]);
        }
});

function expectClose(actual: Float32Array, expected: number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, number] of expected.entries()) expect(actual[i]).toBeCloseTo(number, 5);
}
