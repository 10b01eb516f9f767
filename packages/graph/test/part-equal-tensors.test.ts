import { expect, test } from "vitest";
import { profileOnnx, readOnnx } from "../src/index.ts";
import { attribute, bytesOf, node, smallFile, tensor, value } from "./onnx-files/small-file.ts";
import { openUpload } from "./open-upload.ts";
import { modelFor } from "./upload-samples.ts";

const TRANSPOSED = [attribute("transB", "int", 1)];

function fileOf(nodes: ReturnType<typeof node>[], initialisers: ReturnType<typeof tensor>[]) {
  const file = smallFile();
  file.graph.node = nodes;
  file.graph.initializer = initialisers;
  file.graph.input = [value("x", ["rows", 2])];
  file.graph.output = [value("y", ["rows", 1])];
  return readOnnx(bytesOf(file));
}

const namesOf = (file: ReturnType<typeof fileOf>) =>
  profileOnnx(file)
    .parameters.map(({ name }) => name)
    .sort();

test("norms that a file gives one tensor of ones and one of zeros train each its own, as in PyTorch", async () => {
  const file = fileOf(
    [
      node("Gemm", ["x", "0.weight"], ["a"], TRANSPOSED),
      node("LayerNormalization", ["a", "1.weight", "1.bias"], ["b"]),
      node("Tanh", ["b"], ["c"]),
      node("Gemm", ["c", "3.weight"], ["d"], TRANSPOSED),
      node("LayerNormalization", ["d", "1.weight", "1.bias"], ["e"]),
      node("Tanh", ["e"], ["f"]),
      node("Gemm", ["f", "6.weight"], ["y"], TRANSPOSED),
    ],
    [
      tensor("0.weight", [3, 2], [-0.625, 0.25, -0.25, 0.625, 0.125, -0.375]),
      tensor("1.weight", [3], [1, 1, 1]),
      tensor("1.bias", [3], [0, 0, 0]),
      tensor("3.weight", [3, 3], [-0.5, 0.25, -0.25, 0.625, 0.25, -0.375, 0.5, 0, -0.375]),
      tensor("6.weight", [1, 3], [-0.375, 0.5, 0]),
    ],
  );
  const { training, tensors, gradients } = await openUpload(modelFor(file), "mse");
  const inputs = Float32Array.of(0.5, -1, 2, 0.25, -0.75, 1.5);
  const { loss } = await training.step(inputs, Float32Array.of(1, -1, 0.5), 3);
  await training.release();

  // PyTorch 2.13 in float64, with two nn.LayerNorm(3) as they start.
  expect(loss).toBeCloseTo(1.0489312685, 5);
  const expected = {
    "1.weight": [-0.0303098, 0.0311701, -0.0033104],
    "1.bias": [0.0438215, -0.0082882, -0.0017579],
    "1.weight_2": [0.1344552, 0.2052671, 0],
    "1.bias_2": [0.0751552, -0.1119719, 0],
  };
  for (const [name, numbers] of Object.entries(expected)) {
    const found = tensors.find((each) => each.name === name);
    expect(found, name).toBeDefined();
    for (const [i, number] of numbers.entries())
      expect(gradients[found!.offset + i], `${name}, ${i}`).toBeCloseTo(number, 5);
  }
});

test("a layer that is used twice stays one with its bias of zeros; another layer's bias is its own", () => {
  const weights = [
    tensor("w", [2, 2], [1, 2, 3, 4]),
    tensor("v", [2, 2], [1, 3, 2, 4]),
    tensor("o", [1, 2], [1, 2]),
    tensor("b", [2], [0, 0]),
  ];
  const dense = fileOf(
    [
      node("Gemm", ["x", "w", "b"], ["a"]),
      node("Gemm", ["a", "w", "b"], ["c"]),
      node("Gemm", ["c", "v", "b"], ["d"]),
      node("Gemm", ["d", "o"], ["y"], TRANSPOSED),
    ],
    weights,
  );
  expect(namesOf(dense)).toEqual(["b", "b_2", "o", "v", "w"]);
  const added = fileOf(
    [
      node("MatMul", ["x", "w"], ["a0"]),
      node("Add", ["a0", "b"], ["a"]),
      node("MatMul", ["a", "w"], ["c0"]),
      node("Add", ["c0", "b"], ["c"]),
      node("MatMul", ["c", "v"], ["d0"]),
      node("Add", ["d0", "b"], ["d"]),
      node("Gemm", ["d", "o"], ["y"], TRANSPOSED),
    ],
    weights,
  );
  expect(namesOf(added)).toEqual(["b", "b_2", "o", "v", "w"]);
});
