import { type FeatureEncoding, followShapes, type Layer, type Loss } from "@descent/contracts";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import {
  createTrainingStep,
  exportModel,
  initialiseWeights,
  modelOfLayers,
  placeTensors,
} from "../src/index.ts";

interface Case {
  layers: Layer[];
  encoding: FeatureEncoding;
  inputShape: number[];
  outputs: number;
  loss: Loss;
  classes: number | null;
  targetScale?: { mean: number; std: number };
  /** Raw rows, and what the model is to be given of them, worked out in the test. */
  raw: number[];
  encoded: number[];
}

/** The exported model on raw rows, and the model of the training on encoded ones. */
async function both(example: Case) {
  const { layers, encoding, inputShape, outputs, loss, classes, raw, encoded } = example;
  const shapes = followShapes(layers, inputShape, outputs);
  if (shapes.faults) throw new Error(JSON.stringify(shapes.faults));
  const model = modelOfLayers(shapes.layers, inputShape);
  const { tensors, length } = placeTensors(model.parameters);
  const weights = new Float32Array(length);
  initialiseWeights(weights, tensors, 3);
  const gradients = new Float32Array(length);
  const step = await createTrainingStep({
    ...{ model, loss, weights, gradients, seed: 1 },
  });
  const { values } = step.buffers;
  for (let i = 0; i < values.length; i++) values[i] = 0.5 + ((i * 7) % 11) / 10;
  expect(values).toHaveLength(placeTensors(model.buffers).length);
  const perRow = inputShape.reduce((product, axis) => product * axis, 1);
  const rows = encoded.length / perRow;
  const own = await step.forward(Float32Array.from(encoded), rows);
  await step.release();

  const file = exportModel({
    ...{ model, encoding, loss, classes, weights, buffers: values },
    targetScale: example.targetScale ?? { mean: 0, std: 1 },
    version: "1.2.3",
    metadata: { target: "y" },
  })!;
  const session = await InferenceSession.create(file);
  const rawShape = encoding.kind === "image" ? encoding.shape : [encoding.columns.length];
  const input = new Tensor("float32", Float32Array.from(raw), [rows, ...rawShape]);
  const answer = await session.run({ input });
  await session.release();
  return { own, answer, rows };
}

const near = (actual: ArrayLike<number>, expected: readonly number[]) => {
  expect(actual).toHaveLength(expected.length);
  for (const [i, number] of expected.entries())
    expect(Math.abs(actual[i]! - number)).toBeLessThan(1e-6 * Math.max(1, Math.abs(number)));
};

function softmaxOf(logits: readonly number[]): number[] {
  const exponentials = logits.map(Math.exp);
  const sum = exponentials.reduce((all, each) => all + each);
  return exponentials.map((each) => each / sum);
}

const table: FeatureEncoding = {
  kind: "table",
  columns: [
    { name: "height", kind: "number", scale: { mean: 1700, std: 8 } },
    { name: "colour", kind: "category", values: ["blue", "green", "red"] },
    { name: "width", kind: "number", scale: { mean: -2, std: 0.5 } },
    { name: "depth", kind: "number", scale: { mean: 0, std: 1 } },
  ],
};
const raw = [1708, 2, -1, 3, 1692, 0, -2, 5];
const encoded = [1, 0, 0, 1, 2, 3, -1, 1, 0, 0, 0, 5];
const hidden: Layer[] = [
  { type: "dense", units: 8, activation: "tanh" },
  { type: "dropout", rate: 0.5 },
  { type: "dense" },
];

test("a table with a category: a number in the target's own unit", async () => {
  const { own, answer } = await both({
    ...{ layers: hidden, encoding: table, inputShape: [6], outputs: 1, loss: "mse", classes: null },
    ...{ targetScale: { mean: 100, std: 20 }, raw, encoded },
  });
  expect(answer.prediction!.dims).toEqual([2, 1]);
  near(
    answer.prediction!.data as Float32Array,
    Array.from(own, (number) => number * 20 + 100),
  );
});

test("classes: labels and probabilities, by softmax and by the sigmoid of one logit", async () => {
  const three = await both({
    ...{ layers: hidden, encoding: table, inputShape: [6], outputs: 3, loss: "cross_entropy" },
    ...{ classes: 3, raw, encoded },
  });
  const logits = [Array.from(three.own.slice(0, 3)), Array.from(three.own.slice(3))];
  near(three.answer.probabilities!.data as Float32Array, logits.flatMap(softmaxOf));
  expect(Array.from(three.answer.label!.data as BigInt64Array, Number)).toEqual(
    logits.map((row) => row.indexOf(Math.max(...row))),
  );
  const two = await both({
    ...{ layers: hidden, encoding: table, inputShape: [6], outputs: 1, classes: 2, raw, encoded },
    loss: "binary_cross_entropy",
  });
  near(
    two.answer.probabilities!.data as Float32Array,
    Array.from(two.own).flatMap((logit) => softmaxOf([0, logit])),
  );
  expect(Array.from(two.answer.label!.data as BigInt64Array, Number)).toEqual(
    Array.from(two.own, (logit) => (logit > 0 ? 1 : 0)),
  );
});

test("images through convolution and running statistics, scaled by channel", async () => {
  const channels = [
    { mean: 120, std: 60 },
    { mean: 30, std: 255 },
  ];
  const shape = [2, 4, 4];
  const pixels = Array.from({ length: 3 * 32 }, (_, i) => (i * 37) % 256);
  const scaled = pixels.map((pixel, i) => {
    const { mean, std } = channels[Math.floor(i / 16) % 2]!;
    return (pixel - mean) / std;
  });
  const layers: Layer[] = [
    { type: "conv2d", filters: 4, kernel: 3, padding: "same" },
    { type: "batch_norm", activation: "relu" },
    { type: "max_pool2d", size: 2 },
    { type: "flatten" },
    { type: "dense" },
  ];
  const { own, answer, rows } = await both({
    ...{ layers, encoding: { kind: "image", shape, channels }, inputShape: shape, outputs: 3 },
    ...{ loss: "cross_entropy", classes: 3, raw: pixels, encoded: scaled },
  });
  const logits = Array.from({ length: rows }, (_, row) => own.slice(row * 3, row * 3 + 3));
  near(
    answer.probabilities!.data as Float32Array,
    logits.flatMap((row) => softmaxOf(Array.from(row))),
  );
});
