import type { Layer } from "@descent/contracts";
import { describe, expect, test } from "vitest";
import { buildTrainingGraph } from "../src/build-training-graph.ts";
import { assignStages } from "../src/chunks/assign-stages.ts";
import { modelOfLayers } from "../src/layers/model-of-layers.ts";
import { FILLING } from "../src/open-session.ts";
import { follow, openModel, randomBatch } from "./small-model.ts";

const conv = (filters: number, more: object = {}): Layer => ({
  ...{ type: "conv2d", filters, kernel: 3, padding: "same", activation: "relu" },
  ...more,
});
const pool: Layer = { type: "max_pool2d", size: 2 };
const flat: Layer = { type: "flatten" };
const last: Layer = { type: "dense" };

const MODELS: { name: string; input: number[]; layers: Layer[]; chunked: boolean }[] = [
  {
    name: "convolutions and pools in blocks",
    input: [1, 12, 8],
    layers: [conv(16, { kernel: 5 }), pool, conv(32), pool, flat, last],
    chunked: true,
  },
  {
    name: "blocks with channels of zeros",
    input: [3, 8, 8],
    layers: [conv(8), pool, conv(24, { activation: "tanh" }), pool, conv(12), flat, last],
    chunked: true,
  },
  {
    name: "no blocks, a pool with a remainder",
    input: [2, 9, 9],
    layers: [conv(3), conv(5, { padding: "valid", kernel: 2 }), pool, flat, last],
    chunked: true,
  },
  {
    name: "strides, an average pool, and no dense layer but the last",
    input: [2, 9, 9],
    layers: [
      conv(16, { stride: 2 }),
      conv(16, { activation: "elu" }),
      { type: "avg_pool2d", size: 2 },
      { type: "global_avg_pool2d" },
      last,
    ],
    chunked: true,
  },
  {
    name: "paths that part and meet",
    input: [3, 6, 6],
    layers: [
      conv(16, { name: "stem" }),
      conv(16, { name: "branch", inputs: ["stem"] }),
      { type: "add", inputs: ["stem", "branch"], activation: "relu", name: "sum" },
      conv(8, { name: "thin", inputs: ["sum"], kernel: 1 }),
      { type: "concat", inputs: ["thin", "sum"] },
      conv(16, { groups: 2 }),
      pool,
      flat,
      { type: "layer_norm" },
      last,
    ],
    chunked: true,
  },
  {
    name: "numbers for each channel and for each place between blocks",
    input: [2, 6, 5],
    layers: [conv(16), { type: "layer_norm" }, conv(16, { activation: "softmax" }), flat, last],
    chunked: true,
  },
  {
    name: "overlapping pools, whose derivative goes through the whole batch",
    input: [1, 9, 9],
    layers: [conv(16), { type: "max_pool2d", size: 3, stride: 2 }, conv(16), flat, last],
    chunked: false,
  },
];

describe.each(MODELS)("$name", ({ input, layers, chunked }) => {
  test(chunked ? "goes in chunks" : "does not go in chunks", () => {
    const { graph } = buildTrainingGraph(
      modelOfLayers(follow(layers, input, 3), input),
      "cross_entropy",
    );
    expect(assignStages(graph) !== null).toBe(chunked);
  });

  // One row at a time nothing is in chunks, and no rows fill blocks.
  test.each([1, 3])("the gradients of %d chunks are the mean of their rows'", async (count) => {
    const rows = count * FILLING;
    const model = await openModel(layers, input, 3, "cross_entropy");
    const { training, gradients } = model;
    const { inputs, classes } = randomBatch(rows, input, 3);
    // As in drawn digits: most windows of the first pool are all the same.
    for (const [i, number] of inputs.entries()) inputs[i] = number > 0.4 ? number : 0;
    const length = inputs.length / rows;
    const sums = new Float64Array(gradients.length);
    let losses = 0;
    for (let row = 0; row < rows; row++) {
      const sample = inputs.subarray(row * length, (row + 1) * length);
      const { loss } = await training.step(sample, classes.subarray(row, row + 1), 1);
      losses += loss;
      for (const [i, gradient] of gradients.entries()) sums[i]! += gradient;
    }
    const { loss } = await training.step(inputs, classes, rows);
    expect(loss).toBeCloseTo(losses / rows, 5);
    for (const { name, offset, length: numbers } of training.tensors) {
      const expected = Array.from(sums.subarray(offset, offset + numbers), (sum) => sum / rows);
      const scale = Math.max(...expected.map(Math.abs));
      expect(scale, name).toBeGreaterThan(0);
      const worst = Math.max(...expected.map((mean, i) => Math.abs(mean - gradients[offset + i]!)));
      expect(worst / scale, name).toBeLessThan(1e-5);
    }
    const first = gradients.slice();
    await training.step(inputs, classes, rows);
    expect(gradients, "the same bits again").toEqual(first);
    await training.release();
  });
});

test("what needs the whole batch between convolutions keeps it", () => {
  const layers: Layer[] = [
    conv(16, { activation: "none" }),
    { type: "batch_norm" },
    conv(16),
    flat,
  ];
  const built = buildTrainingGraph(
    modelOfLayers(follow([...layers, last], [1, 6, 6], 3), [1, 6, 6]),
    "mse",
  );
  expect(assignStages(built.graph)).toBeNull();
});
