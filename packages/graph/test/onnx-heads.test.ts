import { expect, test } from "vitest";
import { profileOnnx, readOnnx } from "../src/index.ts";
import {
  bytesOf,
  type FileMessage,
  node,
  smallFile,
  tensor,
  value,
} from "./onnx-files/small-file.ts";
import { whole } from "./onnx-operators/operator-case.ts";
import { copies, fileOf, forward, golden, modelFor, near, softmax } from "./upload-samples.ts";

test("a new head takes what the old one took, and gives as many numbers as are asked", async () => {
  const file = fileOf("pytorch-softmax");
  const { inputs, outputs } = golden("pytorch-softmax");
  expect(profileOnnx(file).head).toEqual({
    ...{ replaces: ["4.weight", "4.bias"], name: "head", inputs: [8] },
  });
  const same = await forward(
    ...([file, inputs, { head: "replace", outputs: 3 } as const] as const),
    copies({ "head.weight": "4.weight", "head.bias": "4.bias" }, file),
  );
  near(same.map(softmax), outputs.data);
  const model = modelFor(file, { head: "replace", outputs: 7, initialisation: "zeros" });
  expect(
    model.parameters.map(({ name, shape, initialisation }) => [name, shape, initialisation]),
  ).toEqual([
    ["0.weight", [16, 4], "stored"],
    ["0.bias", [16], "stored"],
    ["2.weight", [8, 16], "stored"],
    ["2.bias", [8], "stored"],
    ["head.weight", [7, 8], "zeros"],
    ["head.bias", [7], "zeros"],
  ]);
  expect([...model.stored.keys()]).toEqual(["0.weight", "0.bias", "2.weight", "2.bias"]);
});

test("a bias that is added by a node of its own goes with the head", async () => {
  const file = fileOf("keras-torch-conv");
  const { inputs } = golden("keras-torch-conv");
  const { head } = profileOnnx(file);
  expect(head!.replaces).toEqual(["onnx::MatMul_233", "onnx::Add_234"]);
  const rows = await forward(
    file,
    inputs,
    { head: "replace", outputs: 2 },
    ({ tensors, weights }) => {
      const { offset } = tensors.find(({ name }) => name === "head.bias")!;
      const weight = tensors.find(({ name }) => name === "head.weight")!;
      weights.fill(0, weight.offset, weight.offset + weight.length);
      weights.set([3, -4], offset);
    },
  );
  near(
    rows,
    rows.flatMap(() => [3, -4]),
  );
});

/** As SqueezeNet ends: filters for the classes, their means, softmax. */
function convolutionalHead(flattened: "Flatten" | "Reshape"): FileMessage {
  const file = smallFile();
  const isWritten = flattened === "Reshape";
  file.graph = {
    node: [
      node("Conv", ["x", "features"], ["f"]),
      node("Conv", ["f", "classes", "bias"], ["c"]),
      node("Relu", ["c"], ["r"]),
      node("GlobalAveragePool", ["r"], ["p"]),
      node(flattened, isWritten ? ["p", "as"] : ["p"], ["flat"]),
      node("Softmax", ["flat"], ["y"]),
    ],
    initializer: [
      tensor("features", [2, 1, 2, 2], [1, -1, 2, 0.5, 0.3, 1, -1, 0.2]),
      tensor("classes", [3, 2, 1, 1], [1, 2, -1, 0.5, 0.7, 0.1]),
      tensor("bias", [3], [0.1, 0.2, 0.3]),
      ...(isWritten ? [whole("as", [-1, 3])] : []),
    ],
    input: [value("x", ["rows", 1, 3, 3])],
    output: [value("y", ["rows", 3])],
  };
  return file;
}

test.each(["Flatten", "Reshape"] as const)(
  "filters as a head: what follows them stays, but the softmax; %s",
  async (flattened) => {
    const file = readOnnx(bytesOf(convolutionalHead(flattened)));
    expect(profileOnnx(file).head).toEqual({
      ...{ replaces: ["classes", "bias"], name: "head", inputs: [2, 1, 1] },
    });
    const inputs = { shape: [2, 1, 3, 3], data: Array.from({ length: 18 }, (_, i) => Math.sin(i)) };
    const whole = await forward(file, inputs);
    const replaced = await forward(
      ...([file, inputs, { head: "replace", outputs: 3 } as const] as const),
      copies({ "head.weight": "classes", "head.bias": "bias" }, file),
    );
    near(replaced.map(softmax), whole.flat());
    const model = modelFor(file, { head: "replace", outputs: 5 });
    expect(model.parameters.map(({ shape }) => shape)).toEqual([[2, 1, 2, 2], [5, 2, 1, 1], [5]]);
    const rows = await forward(file, inputs, { head: "replace", outputs: 5 });
    expect(rows.map((row) => row.length)).toEqual([5, 5]);
  },
);

test("names that the new head would have are left to who has them", () => {
  const message = smallFile();
  message.graph.node[0]!.input = ["x", "head.weight", "fc.bias"];
  message.graph.initializer[0]!.name = "head.weight";
  const file = readOnnx(bytesOf(message));
  expect(profileOnnx(file).head).toEqual({
    ...{ replaces: ["head.weight", "fc.bias"], name: "new_head", inputs: [4] },
  });
});

test("weights taken twice are one parameter, and no head; two ways to the output have none", () => {
  const square = tensor(
    "square",
    [4, 4],
    Array.from({ length: 16 }, (_, i) => Math.cos(i)),
  );
  const tied = smallFile();
  tied.graph.node = [
    node("MatMul", ["x", "square"], ["h"]),
    node("Relu", ["h"], ["r"]),
    node("MatMul", ["r", "square"], ["y"]),
  ];
  tied.graph.initializer = [square];
  const profile = profileOnnx(readOnnx(bytesOf(tied)));
  expect(profile.parameters).toEqual([{ name: "square", shape: [4, 4] }]);
  expect(profile.head).toBeNull();
  expect(() => modelFor(readOnnx(bytesOf(tied)), { head: "replace", outputs: 2 })).toThrow(
    /no head/,
  );

  const wide = smallFile();
  wide.graph.node = [
    node("MatMul", ["x", "square"], ["h"]),
    node("Relu", ["h"], ["r"]),
    node("MatMul", ["r", "last"], ["deep"]),
    node("MatMul", ["x", "other"], ["shallow"]),
    node("Add", ["deep", "shallow"], ["y"]),
  ];
  wide.graph.initializer = [
    square,
    tensor(
      "last",
      [4, 2],
      Array.from({ length: 8 }, (_, i) => Math.sin(i)),
    ),
    tensor(
      "other",
      [4, 2],
      Array.from({ length: 8 }, (_, i) => Math.cos(i)),
    ),
  ];
  expect(profileOnnx(readOnnx(bytesOf(wide))).head).toBeNull();
});
