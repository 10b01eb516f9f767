import { readFileSync } from "node:fs";
import type { Loss } from "@descent/contracts";
import { expect, test } from "vitest";
import { profileOnnx, readOnnx } from "../src/index.ts";
import { verifyOnnx } from "../src/onnx-file/verify-onnx.ts";
import { attribute, bytesOf, node, smallFile, tensor, value } from "./onnx-files/small-file.ts";
import { whole } from "./onnx-operators/operator-case.ts";
import { openUpload } from "./open-upload.ts";
import { FOLDER, fileOf, forward, golden, modelFor, near, softmax } from "./upload-samples.ts";

test.each([
  ["pytorch-softmax", "cross_entropy"],
  ["keras-torch-dense", "cross_entropy"],
  ["sklearn-mlp-three-classes-zipmap", "cross_entropy"],
  ["sklearn-mlp-two-classes", "cross_entropy"],
  ["sklearn-logistic-two-classes", "cross_entropy"],
  ["sklearn-logistic-three-classes", "cross_entropy"],
  ["pytorch-attention", "cross_entropy"],
  ["pytorch-mobile", "binary_cross_entropy"],
  ["keras-tensorflow-flat", "binary_cross_entropy"],
] as const)("%s gives %s what stands before its probabilities", async (name, loss) => {
  const file = fileOf(name);
  const { inputs, outputs } = golden(name);
  const rows = await forward(file, inputs, { loss });
  const isLogarithm = name === "pytorch-attention";
  if (loss === "binary_cross_entropy")
    near(
      rows.map(([x]) => [1 / (1 + Math.exp(-x!))]),
      outputs.data,
    );
  else near(isLogarithm ? rows : rows.map(softmax), outputs.data);
  // Logits, not the probabilities themselves.
  const sums = rows.map((row) => row.reduce((all, each) => all + each));
  expect(sums.every((sum) => Math.abs(sum - 1) < 1e-3)).toBe(false);
  if (name === "sklearn-mlp-two-classes")
    expect(rows.map(([first]) => first)).toEqual(rows.map(() => 0));
});

test("what is frozen is no parameter and keeps its numbers; a frozen batch norm stays as in inference", async () => {
  const file = fileOf("pytorch-conv-unfolded");
  const { inputs, outputs } = golden("pytorch-conv-unfolded");
  const frozen = profileOnnx(file).parameters.flatMap(({ name }) =>
    name.startsWith("fc") ? [] : name,
  );
  const loss: Loss = "cross_entropy";
  const model = modelFor(file, { frozen, loss });
  expect(model.parameters.map(({ name }) => name)).toEqual(["fc.weight", "fc.bias"]);
  expect(model.buffers.map(({ name }) => name)).toEqual([
    ...frozen,
    ...["bn1.running_mean", "bn1.running_var", "bn2.running_mean", "bn2.running_var"],
  ]);
  expect(model.normalisations).toEqual([]);
  const { training, gradients, tensors } = await openUpload(model, loss);
  const before = training.buffers.values.slice();
  const targets = Int32Array.of(0, 2, 1, 1, 0);
  const step = await training.step(Float32Array.from(inputs.data), targets, 5);
  expect(training.buffers.values).toEqual(before);
  await training.release();

  // PyTorch's outputs in inference mode are logits: their loss, and its derivative by the bias.
  const probabilities = Array.from({ length: 5 }, (_, row) =>
    softmax(outputs.data.slice(row * 3, row * 3 + 3)),
  );
  const expected = probabilities.reduce((sum, row, i) => sum - Math.log(row[targets[i]!]!) / 5, 0);
  expect(step.loss).toBeCloseTo(expected, 5);
  const { offset } = tensors.find(({ name }) => name === "fc.bias")!;
  for (const c of [0, 1, 2]) {
    const slope = probabilities.reduce(
      (sum, row, i) => sum + (row[c]! - +(targets[i] === c)) / 5,
      0,
    );
    expect(gradients[offset + c]).toBeCloseTo(slope, 5);
  }
});

test("a batch norm of which only the scale is frozen trains by the batch's statistics", () => {
  const model = modelFor(fileOf("pytorch-conv-unfolded"), { frozen: ["bn1.weight"] });
  expect(model.normalisations).toEqual([
    {
      mean: "bn1.running_mean",
      variance: "bn1.running_var",
      momentum: expect.closeTo(0.1),
      perRow: 64,
    },
    {
      mean: "bn2.running_mean",
      variance: "bn2.running_var",
      momentum: expect.closeTo(0.2),
      perRow: 1,
    },
  ]);
});

test("dropout that is in the file drops in training", async () => {
  const file = fileOf("pytorch-conv-training-old");
  const { inputs } = golden("pytorch-conv-training-old");
  const model = modelFor(file, { loss: "cross_entropy" });
  const steps = [];
  for (const drops of [true, false]) {
    const { training } = await openUpload(model, "cross_entropy", drops);
    steps.push(
      await training.step(Float32Array.from(inputs.data), Int32Array.of(0, 1, 2, 0, 1), 5),
    );
    await training.release();
  }
  expect(steps[0]!.loss).not.toBeCloseTo(steps[1]!.loss, 3);
});

test("a file for one row at a time takes any number of rows", async () => {
  const one = fileOf("pytorch-conv-batch-1-old");
  expect(profileOnnx(one).input.batch).toBe(1);
  // The same weights as in the file for any number.
  const { inputs, outputs } = golden("pytorch-conv");
  near(await forward(one, inputs), outputs.data);
});

test("rows of another shape: in order, and an image's channels last", async () => {
  const mlp = golden("pytorch-mlp");
  near(
    await forward(fileOf("pytorch-mlp"), mlp.inputs, { inputShape: [1, 2, 2] }),
    mlp.outputs.data,
  );
  const flat = golden("keras-tensorflow-flat");
  const [rows, height, width, channels] = flat.inputs.shape as [number, number, number, number];
  expect(channels).toBe(2);
  const first = Array.from({ length: rows * height * width * channels }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width) % height];
    const [c, row] = [Math.floor(i / (width * height)) % channels, Math.floor(i / 128)];
    return flat.inputs.data[((row * height + y) * width + x) * channels + c]!;
  });
  const rowsOfImages = { shape: flat.inputs.shape, data: first };
  near(
    await forward(fileOf("keras-tensorflow-flat"), rowsOfImages, { inputShape: [2, 8, 8] }),
    flat.outputs.data,
  );
  expect(() => modelFor(fileOf("pytorch-mlp"), { inputShape: [5] })).toThrow(/\[5\].*\[4\]/);
});

test("an input that chooses from a table says from how many", async () => {
  const file = fileOf("pytorch-words");
  expect(profileOnnx(file).input).toMatchObject({ type: "int64", shape: [5], vocabulary: 20 });
  const model = modelFor(file);
  expect(model.vocabulary).toBe(20);
  const { training } = await openUpload(model, "mse");
  await expect(training.forward(Float32Array.of(0, 1, 2, 3, 20), 1)).rejects.toThrow(RangeError);
  await training.release();
});

test("names that our own graphs use are given others", async () => {
  const message = smallFile();
  message.graph.node[0]!.input = ["x", "constant_0", "input"];
  message.graph.initializer[0]!.name = "constant_0";
  message.graph.initializer[1]!.name = "input";
  const file = readOnnx(bytesOf(message));
  expect(profileOnnx(file).parameters.map(({ name }) => name)).toEqual([
    ...["model.constant_0", "model.input"],
  ]);
  // relu(W x + b) by hand
  const rows = await forward(file, { shape: [1, 4], data: [1, 0, -1, 2] });
  near(rows, [1 - 3 + 8 - 1, 5 - 7 + 16 + 1]);
});

test.each([
  ["w", "w flat"],
  ["Flat_0_0", "Joined_0_0"],
])("tensors called %s and %s train as any others", async (weight, bias) => {
  const message = smallFile();
  message.graph.node[0]!.input = ["x", weight, bias];
  message.graph.initializer[0]!.name = weight;
  message.graph.initializer[1]!.name = bias;
  const { training } = await openUpload(modelFor(readOnnx(bytesOf(message))), "mse");
  const step = await training.step(Float32Array.of(1, 0, -1, 2), Float32Array.of(4, 12), 1);
  await training.release();
  // relu(W x + b) = [5, 15] by hand
  expect(step.loss).toBeCloseTo((1 + 9) / 2, 5);
});

test("what scales and bounds is no parameter, what a model learns is", () => {
  const message = smallFile();
  message.graph.node = [
    node("Sub", ["x", "mean"], ["centred"]),
    node("Div", ["centred", "deviation"], ["scaled"]),
    node("MatMul", ["scaled", "weight"], ["h"]),
    node("Add", ["h", "bias of one"], ["b"]),
    node("Mul", ["b", "factor"], ["f"]),
    node("Clip", ["f", "low", ""], ["y"]),
    node("Add", ["y", "one"], ["never taken"]),
  ];
  message.graph.initializer = [
    tensor("mean", [4], [1, 2, 3, 4]),
    tensor("deviation", [4], [1, 2, 3, 4]),
    tensor("weight", [4, 1], [1, 2, 3, 4]),
    tensor("bias of one", [1], [1]),
    tensor("factor", [1], [2]),
    tensor("low", [], [-9]),
    tensor("one", [1], [1]),
  ];
  message.graph.output = [value("y", ["rows", 1])];
  const { parameters, operators } = profileOnnx(readOnnx(bytesOf(message)));
  expect(parameters.map(({ name }) => name)).toEqual(["weight", "bias of one"]);
  expect(operators).toEqual({ Add: 2, Clip: 1, Div: 1, MatMul: 1, Mul: 1, Sub: 1 });
});

test("a parameter that no derivative leads back to is none", () => {
  const message = smallFile();
  message.graph.node = [
    node("MatMul", ["x", "fc.weight"], ["h"]),
    node("Greater", ["h", "fc.bias"], ["is"]),
    node("Cast", ["is"], ["gate"], [attribute("to", "int", 1)]),
    node("MatMul", ["x", "out"], ["z"]),
    node("Mul", ["z", "gate"], ["y"]),
  ];
  message.graph.initializer = [
    tensor("fc.weight", [4, 2], [1, 2, 3, 4, 5, 6, 7, 8]),
    tensor("fc.bias", [2], [1, 1]),
    tensor("out", [4, 2], [1, 2, 3, 4, 5, 6, 7, 8]),
  ];
  const { parameters } = profileOnnx(readOnnx(bytesOf(message)));
  expect(parameters.map(({ name }) => name)).toEqual(["out"]);
});

test("equal tensors under two names are two; those of a group normalisation and masks are none", () => {
  const message = smallFile();
  message.graph.node = [
    node("Identity", ["scale"], ["scale of another"]),
    node("MatMul", ["x", "weight"], ["h"]),
    node("Mul", ["h", "scale"], ["a"]),
    node("Mul", ["a", "scale of another"], ["b"]),
    node("Reshape", ["b", "groups"], ["g"]),
    node("InstanceNormalization", ["g", "ones", "zeros"], ["n"]),
    node("Flatten", ["n"], ["f"]),
    node("Add", ["f", "mask"], ["y"]),
  ];
  message.graph.initializer = [
    tensor("scale", [4], [1, 2, 3, 4]),
    tensor(
      "weight",
      [4, 4],
      Array.from({ length: 16 }, (_, i) => Math.cos(i)),
    ),
    tensor("ones", [2], [1, 1]),
    tensor("zeros", [2], [0, 0]),
    tensor("mask", [4], [0, -3e38, 0, 0]),
    whole("groups", [0, 2, 2]),
  ];
  message.graph.output = [value("y", ["rows", 4])];
  const { parameters } = profileOnnx(readOnnx(bytesOf(message)));
  expect(parameters.map(({ name }) => name)).toEqual(["scale", "weight", "scale of another"]);
});

test("a translation that gives something else than the file is refused", async () => {
  const bytes = readFileSync(new URL("pytorch-mlp.onnx", FOLDER));
  const file = readOnnx(bytes);
  const profile = profileOnnx(file);
  await verifyOnnx(bytes, file, profile);
  // As if we took the bias for another: the bytes that onnxruntime runs stay as they are.
  const bias = file.initialisers.get("4.bias")!;
  const data = Float32Array.from(bias.data as Float32Array, (number) => number + 0.01);
  file.initialisers.set("4.bias", { ...bias, data });
  await expect(verifyOnnx(bytes, file, profile)).rejects.toThrow(
    /does not give what the file gives/,
  );
});

test("as many outputs as a language has words are compared with the file's", async () => {
  const words = 60_000;
  const message = smallFile();
  const numbers = Array.from({ length: 4 * words }, (_, i) => Math.sin(i));
  message.graph.initializer = [
    tensor("fc.weight", [words, 4], numbers),
    tensor("fc.bias", [words], numbers.slice(words, 2 * words)),
  ];
  message.graph.output = [value("y", ["rows", words])];
  const bytes = bytesOf(message);
  const file = readOnnx(bytes);
  await verifyOnnx(bytes, file, profileOnnx(file));
});
