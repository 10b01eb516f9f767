import { elements, type Layer } from "@descent/contracts";
import { describe, expect, test } from "vitest";
import { buildForward } from "../src/build-forward.ts";
import { createMaskFills } from "../src/fill-masks.ts";
import { emptyGraph, type ForwardOp } from "../src/graph.ts";
import { follow, openModel, randomBatch } from "./small-model.ts";

describe("the masks of dropout", () => {
  const count = 100_000;
  const masks = (rates: number[], seed: number) =>
    createMaskFills(rates, seed).map((fill) => {
      const mask = new Float32Array(count);
      fill(mask);
      return mask;
    });

  test.each([0.05, 0.25, 0.5, 0.9])("of rate %d drop that part and scale the rest", (rate) => {
    const [mask] = masks([rate], 1);
    const dropped = mask!.filter((factor) => factor === 0).length;
    const error = Math.sqrt((rate * (1 - rate)) / count);
    expect(Math.abs(dropped / count - rate)).toBeLessThan(5 * error);
    const kept = new Set(mask!.filter((factor) => factor !== 0));
    expect(kept).toEqual(new Set([Math.fround(1 / (1 - rate))]));
  });

  test("are the same for the same seed, and others for another layer, seed or batch", () => {
    const [one, two] = masks([0.5, 0.5], 1);
    expect(masks([0.5, 0.5], 1)).toEqual([one, two]);
    // The stream of a layer does not depend on the layers after it.
    expect(masks([0.5], 1)).toEqual([one]);
    const [other] = masks([0.5], 2);
    const [fill] = createMaskFills([0.5], 1);
    const next = new Float32Array(count);
    fill!(next);
    fill!(next);
    for (const mask of [two!, other!, next]) {
      const agreeing = mask.filter((factor, i) => factor === one![i]).length;
      expect(Math.abs(agreeing / count - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / count));
    }
  });

  test("multiply what passes in training, and nothing in inference", async () => {
    const width = 50;
    const layers: Layer[] = [{ type: "dropout", rate: 0.2 }, { type: "dense" }];
    const { training, weights, gradients } = await openModel(layers, [width], 1, "mse");
    weights.fill(0);
    const inputs = new Float32Array(width).fill(1);
    // The output is 0 and the target -0.5: the loss's derivative by the output is 1, by a weight its mask.
    const seen = [];
    for (let step = 0; step < 3; step++) {
      await training.step(inputs, Float32Array.of(-0.5), 1);
      seen.push(Array.from(gradients.subarray(0, width)));
    }
    const [fill] = createMaskFills([0.2], 8);
    const mask = new Float32Array(width);
    for (const factors of seen) {
      fill!(mask);
      expect(factors).toEqual(Array.from(mask));
    }
    weights.fill(1, 0, width);
    expect(await training.forward(inputs, 1)).toEqual(Float32Array.of(width));
    await training.release();
  });

  test("of rate 0 are none", async () => {
    const graph = emptyGraph<ForwardOp>();
    const layers = follow([{ type: "dropout", rate: 0 }, { type: "dense" }], [2], 1);
    expect(buildForward(graph, layers, [2], "training").masks).toEqual([]);
  });
});

describe("batch_norm", () => {
  const layers: Layer[] = [{ type: "batch_norm", momentum: 0.25 }];

  test("keeps running statistics by hand: the unbiased variance, each batch by its own rows", async () => {
    const { training } = await openModel(layers, [1], 1, "mse");
    const [mean, variance] = training.buffers.tensors;
    const running = () => [mean, variance].map((one) => training.buffers.values[one!.offset]);
    expect(running()).toEqual([0, 1]);
    await training.step(Float32Array.of(1, 3, 8), new Float32Array(3), 3);
    // Mean 4, squares 9 + 1 + 16 over 2.
    expect(running()).toEqual([1, 0.75 + 0.25 * 13]);
    await training.step(Float32Array.of(0, 2, 99), new Float32Array(3), 2);
    expect(running()).toEqual([0.75 + 0.25, 0.75 * 4 + 0.25 * 2]);
    // One number has no variance: the running one stays.
    await training.step(Float32Array.of(5), new Float32Array(1), 1);
    expect(running()).toEqual([0.75 + 1.25, 3.5]);
    await training.release();
  });

  test("in inference takes the running statistics, whatever the rows", async () => {
    const { training, weights } = await openModel(layers, [1], 1, "mse");
    weights[training.tensors[0]!.offset] = 3;
    weights[training.tensors[1]!.offset] = 0.5;
    training.buffers.values[training.buffers.tensors[0]!.offset] = 2;
    training.buffers.values[training.buffers.tensors[1]!.offset] = 4;
    const one = await training.forward(Float32Array.of(6), 1);
    expect(one[0]).toBeCloseTo((3 * (6 - 2)) / Math.sqrt(4 + 1e-5) + 0.5, 5);
    const two = await training.forward(Float32Array.of(6, 100), 2);
    expect(two[0]).toBe(one[0]);
    await training.release();
  });

  test("of numbers far from zero loses no digits", async () => {
    const { training, weights, gradients } = await openModel(layers, [1], 1, "mse");
    const [scale, bias] = training.tensors;
    weights[scale!.offset] = 1;
    weights[bias!.offset] = 0;
    // 10001 and 9999 become 1 and -1; with targets of 2 and -2 the scale's derivative is -2.
    await training.step(Float32Array.of(10001, 9999), Float32Array.of(2, -2), 2);
    expect(gradients[scale!.offset]).toBeCloseTo(-2, 4);
    expect(training.buffers.values[training.buffers.tensors[1]!.offset]).toBe(0.75 + 0.25 * 2);
    await training.release();
  });
});

test("an embedding refuses what is not in its vocabulary", async () => {
  const layers: Layer[] = [
    { type: "embedding", vocabulary: 3, units: 2 },
    { type: "flatten" },
    { type: "dense" },
  ];
  const { training } = await openModel(layers, [2], 2, "cross_entropy");
  for (const number of [-1, 3, 0.5, Number.NaN]) {
    const inputs = Float32Array.of(0, 2, number, 1);
    const message = `an embedding gets ${number}, not a whole number from 0 to 2`;
    await expect(training.step(inputs, Int32Array.of(0, 1), 2)).rejects.toThrow(message);
    await expect(training.forward(inputs, 2)).rejects.toThrow(message);
    // Rows that do not belong to the batch are not looked at.
    await training.step(inputs, Int32Array.of(0, 1), 1);
  }
  await training.release();
});

test("the shapes of spread, grouped and padded windows are those that contracts followed", () => {
  const shapeOf = (layer: Layer, input: number[]) => {
    const layers = follow([layer, { type: "flatten" }, { type: "dense" }], input, 1);
    const [followed] = layers;
    const graph = emptyGraph<ForwardOp>();
    buildForward(graph, layers, input, "training");
    expect(graph.nodes[0]!.outputs[0]!.shape.slice(1)).toEqual(followed!.output);
    expect(graph.nodes[1]!.outputs[0]!.shape[1]).toBe(elements(followed!.output));
  };
  for (const length of [5, 6, 9])
    for (const kernel of [1, 2, 3])
      for (const stride of [1, 2, 3])
        for (const padding of [0, 1]) {
          const input = [2, length, length + 2];
          for (const dilation of [1, 2])
            for (const pad of [padding, "same" as const])
              shapeOf(
                {
                  type: "conv2d",
                  filters: 4,
                  groups: 2,
                  padding: pad,
                  ...{ kernel, stride, dilation },
                },
                input,
              );
          if (padding > Math.floor(kernel / 2)) continue;
          for (const type of ["max_pool2d", "avg_pool2d"] as const)
            shapeOf({ type, size: kernel, stride, padding }, input);
        }
});

test("the relu of a layer that others take too does not wait for its pooling", async () => {
  const layers: Layer[] = [
    { type: "conv2d", filters: 2, kernel: 1, activation: "relu", name: "a" },
    { type: "max_pool2d", size: 2, stride: 2, name: "b" },
    { type: "avg_pool2d", size: 2, inputs: ["a"], name: "c" },
    { type: "add", inputs: ["b", "c"] },
    { type: "global_avg_pool2d" },
  ];
  const { training, weights } = await openModel(layers, [1, 2, 2], 2, "mse");
  weights.fill(0);
  weights.set([1, -1], training.tensors[0]!.offset);
  // relu: 0 2 0 4 and 1 0 3 0: the maxima 4 and 3, the means 1.5 and 1.
  expect(await training.forward(Float32Array.of(-1, 2, -3, 4), 1)).toEqual(Float32Array.of(5.5, 4));
  await training.release();
});

test("the same seed gives the same bits with dropout and batch_norm", async () => {
  const layers: Layer[] = [
    { type: "conv2d", filters: 3, kernel: 3 },
    { type: "batch_norm", activation: "relu" },
    { type: "dropout", rate: 0.5 },
    { type: "flatten" },
    { type: "dense" },
  ];
  const runs = [];
  for (let run = 0; run < 2; run++) {
    const { training, memory } = await openModel(layers, [1, 5, 5], 3, "cross_entropy");
    const { inputs, classes } = randomBatch(8, [1, 5, 5], 3);
    for (const rows of [8, 3]) await training.step(inputs, classes, rows);
    const bits = Buffer.from(memory.buffer).toString("base64");
    runs.push({ bits, buffers: training.buffers.values.slice() });
    await training.release();
  }
  expect(runs[1]).toEqual(runs[0]);
});
