import { describe, expect, test } from "vitest";
import { ModelRefused, profileOnnx, readOnnx } from "../src/index.ts";
import {
  attribute,
  bytesOf,
  type FileMessage,
  node,
  smallFile,
  type tensor,
  value,
} from "./onnx-files/small-file.ts";
import { int, ints, randomTensor, text, whole } from "./onnx-operators/operator-case.ts";

function faultsOf(file: FileMessage) {
  try {
    profileOnnx(readOnnx(bytesOf(file)));
  } catch (error) {
    if (error instanceof ModelRefused) return error.faults;
    throw error;
  }
  return [];
}

/** x [rows, 4] · m [4, 6] = h [rows, 6], then these nodes, the last of which gives y. */
function after(nodes: ReturnType<typeof node>[], ...tensors: ReturnType<typeof tensor>[]) {
  const file = smallFile();
  file.graph.node = [node("MatMul", ["x", "m"], ["h"]), ...nodes];
  file.graph.initializer = [randomTensor("m", [4, 6], 1), ...tensors];
  return file;
}

test("operators without a row are refused all at once, each at its first place", () => {
  const faults = faultsOf(
    after([
      node("Det", ["h"], ["a"]),
      { ...node("FusedConv", ["a"], ["b"]), domain: "com.example" },
      node("Det", ["b"], ["y"]),
    ]),
  );
  expect(faults.map(({ pointer, message }) => [pointer, message])).toEqual([
    ["/graph/node/1/op_type", "the operator Det cannot be trained here; the model has it 2 times"],
    ["/graph/node/2/op_type", "the operator com.example.FusedConv cannot be trained here"],
  ]);
  const { allowed } = faults[0]!;
  expect(allowed).toContain("Relu");
  expect(allowed).toContain("ai.onnx.ml.Scaler");
  expect(allowed).toEqual(allowed!.toSorted());
});

test("whole numbers that choose from no table are refused, since a fraction would be cut off", () => {
  const file = smallFile();
  file.graph.node.unshift({ ...node("Cast", ["x"], ["floats"]), attribute: [int("to", 1)] });
  file.graph.node[1]!.input[0] = "floats";
  expect(faultsOf(file)).toEqual([]);
  file.graph.input = [value("x", ["rows", 4], 7)];
  expect(faultsOf(file)).toMatchObject([
    { pointer: "/graph/input", message: expect.stringContaining("float32 input") },
  ]);
});

test("what does not lead to the output is not looked at", () => {
  const file = after([node("Det", ["h"], ["label"]), node("Relu", ["h"], ["y"])]);
  file.graph.output.unshift(value("label", ["rows"], 7));
  expect(faultsOf(file)).toEqual([]);
});

const MANY = 2 ** 40;

describe("a node that cannot be taken is named, with its place and the shapes", () => {
  test.each([
    [
      "a product",
      [node("MatMul", ["h", "t"], ["y"])],
      [randomTensor("t", [5, 2], 2)],
      "/graph/node/1",
      /\[rows, 6\] and \[5, 2\].*6 against 5/,
    ],
    [
      "a sum",
      [node("Add", ["h", "t"], ["y"])],
      [randomTensor("t", [5], 2)],
      "/graph/node/1",
      /\[rows, 6\] and \[5\]/,
    ],
    [
      "a reshape",
      [node("Reshape", ["h", "t"], ["y"])],
      [whole("t", [-1, 5])],
      "/graph/node/1/input/1",
      /\[rows, 6\].*\[-1, 5\]/,
    ],
    [
      "rows into features",
      [node("Reshape", ["h", "t"], ["y"])],
      [whole("t", [6, -1])],
      "/graph/node/1/input/1",
      /every row must stay a row|mix the rows/,
    ],
    [
      "rows away",
      [node("ReduceMean", ["h", "t"], ["y"])],
      [whole("t", [0])],
      "/graph/node/1",
      /rows of a batch/,
    ],
    [
      "rows by softmax",
      [node("Softmax", ["h"], ["y"], [int("axis", 0)])],
      [],
      "/graph/node/1",
      /rows of a batch/,
    ],
    [
      "rows by a product",
      [node("MatMul", ["t", "h"], ["y"])],
      [randomTensor("t", [2, 6], 2)],
      "/graph/node/1",
      /rows/,
    ],
    [
      "rows by a sum",
      [node("Gemm", ["h", "h"], ["y"], [int("transA", 1)])],
      [],
      "/graph/node/1",
      /rows of a batch/,
    ],
    [
      "an axis",
      [node("Softmax", ["h"], ["y"], [int("axis", 2)])],
      [],
      "/graph/node/1",
      /axis 2.*\[rows, 6\]/,
    ],
    [
      "another type",
      [node("Softmax", ["h"], ["y"], [text("axis", "last")])],
      [],
      "/graph/node/1/attribute/axis",
      /another type/,
    ],
    [
      "no image",
      [node("MaxPool", ["h"], ["y"], [ints("kernel_shape", [2])])],
      [],
      "/graph/node/1",
      /\[rows, 6\]/,
    ],
    [
      "an exponent of data",
      [node("Pow", ["h", "h"], ["y"])],
      [],
      "/graph/node/1/input/1",
      /must be known/,
    ],
    [
      "a shape of data",
      [node("Cast", ["h"], ["i"], [int("to", 7)]), node("Reshape", ["h", "i"], ["y"])],
      [],
      "/graph/node/2/input/1",
      /must be known/,
    ],
    [
      "a table of data",
      [node("Cast", ["h"], ["i"], [int("to", 7)]), node("Gather", ["h", "i"], ["y"])],
      [],
      "/graph/node/2/attribute/axis",
      /first axis of a table/,
    ],
    [
      "an output nobody gives",
      [node("Split", ["h", "t"], ["a", "b"], [int("axis", 1)]), node("Add", ["a", "b"], ["y"])],
      [whole("t", [2, 4])],
      "/graph/node/2",
      /\[rows, 2\] and \[rows, 4\]/,
    ],
    [
      "steps",
      [node("Slice", ["h", "a", "b", "c", "d"], ["y"])],
      [whole("a", [0]), whole("b", [6]), whole("c", [1]), whole("d", [2])],
      "/graph/node/1/input/4",
      /steps/,
    ],
    [
      "half an axis",
      [node("Concat", ["h", "h"], ["y"], [attribute("axis", "float", 0.5)])],
      [],
      "/graph/node/1/attribute/axis",
      /whole/,
    ],

    [
      "much by Expand",
      [node("Expand", ["h", "t"], ["y"])],
      [whole("t", [MANY, 1, 6])],
      "/graph/node/1",
      /numbers for one row/,
    ],
    [
      "much by Tile",
      [node("Tile", ["h", "t"], ["y"])],
      [whole("t", [1, MANY])],
      "/graph/node/1",
      /numbers for one row/,
    ],
    [
      "much by ConstantOfShape",
      [node("ConstantOfShape", ["t"], ["c"]), node("Mul", ["h", "c"], ["y"])],
      [whole("t", [MANY, 6])],
      "/graph/node/1",
      /numbers for one row/,
    ],
    [
      "much by Pad",
      [node("Pad", ["h", "t"], ["y"])],
      [whole("t", [0, 0, 0, MANY])],
      "/graph/node/1",
      /numbers for one row/,
    ],
    [
      "much by Range",
      [node("Range", ["a", "b", "c"], ["r"]), node("Reshape", ["h", "r"], ["y"])],
      [whole("a", [0], []), whole("b", [MANY], []), whole("c", [1], [])],
      "/graph/node/1",
      /small tensors/,
    ],
    [
      "much work",
      [
        node("ReduceMax", ["h", "a"], ["m1"]),
        node("Unsqueeze", ["m1", "b"], ["m2"]),
        node("Expand", ["m2", "c"], ["square"]),
        node("MatMul", ["square", "square"], ["y"]),
      ],
      [whole("a", [1]), whole("b", [1]), whole("c", [1, 4096, 4096])],
      "/graph/node/4",
      /multiplications/,
    ],
    [
      "many axes",
      [node("Unsqueeze", ["h", "t"], ["y"])],
      [
        whole(
          "t",
          Array.from({ length: 1000 }, (_, i) => i + 1),
        ),
      ],
      "/graph/node/1/input/1",
      /1000 axes/,
    ],
  ] as const)("%s", (_, nodes, tensors, pointer, message) => {
    const faults = faultsOf(after([...nodes], ...tensors));
    expect(faults.length, JSON.stringify(faults)).toBe(1);
    expect(faults[0]!.message).toMatch(message);
    expect(faults[0]!.pointer).toBe(pointer);
  });
});

test("of a file for one row, what would give it several is refused", () => {
  const file = after([node("Reshape", ["h", "t"], ["y"])], whole("t", [5, 6]));
  file.graph.input = [value("x", [1, 4])];
  expect(faultsOf(file)[0]!.message).toMatch(/\[rows, 6\] does not reshape to \[5, 6\]/);
});

test("much altogether: every node for itself would do", () => {
  const nodes = Array.from({ length: 4000 }, (_, i) =>
    node("Relu", [i === 0 ? "wide" : `r${i - 1}`], [i === 3999 ? "y" : `r${i}`]),
  );
  const wide = node("Expand", ["h", "t"], ["wide"]);
  const [fault] = faultsOf(after([wide, ...nodes], whole("t", [2 ** 20, 1, 6])));
  expect(fault!.message).toMatch(/up to here the model gives numbers for one row/);
});

describe("an input or output that is none", () => {
  const changed = (change: (file: FileMessage) => void) => {
    const file = smallFile();
    change(file);
    return faultsOf(file)[0]!;
  };

  test.each([
    [
      "two inputs",
      (file: FileMessage) => {
        file.graph.input.push(value("x2", ["rows", 4]));
        file.graph.node.unshift(node("Add", ["x", "x2"], ["sum"]));
        file.graph.node[1]!.input[0] = "sum";
      },
      /one input, not 2/,
    ],
    [
      "several rows at once",
      (file: FileMessage) => {
        file.graph.input = [value("x", [8, 4])];
      },
      /dynamic batch axis/,
    ],
    [
      "an axis of any length",
      (file: FileMessage) => {
        file.graph.input = [value("x", ["rows", "features"])];
      },
      /axis 1 has no fixed length/,
    ],
    [
      "doubles",
      (file: FileMessage) => {
        file.graph.input = [value("x", ["rows", 4], 11)];
      },
      /float64/,
    ],
    [
      "no rows",
      (file: FileMessage) => {
        file.graph.input = [value("x", [])];
      },
      /with the rows as the first axis/,
    ],
    [
      "an output of three axes",
      (file: FileMessage) => {
        file.graph.node[1] = node("Reshape", ["h", "shape"], ["y"]);
        file.graph.initializer.push(whole("shape", [-1, 2, 1, 1]));
        file.graph.node.push(node("Concat", ["y", "y"], ["z"], [int("axis", 2)]));
        file.graph.output = [value("z", ["rows", 2, 2, 1])];
      },
      /\[rows, 2, 2, 1\], not one vector/,
    ],
    [
      "an output of whole numbers",
      (file: FileMessage) => {
        file.graph.output = [value("y", ["rows", 2], 7)];
      },
      /no output of the file is of float32/,
    ],
    [
      "nothing to train",
      (file: FileMessage) => {
        file.graph.node = [node("Relu", ["x"], ["y"])];
      },
      /no tensor that training could move/,
    ],
    [
      "weights in double precision",
      (file: FileMessage) => {
        file.graph.node = [node("Cast", ["x"], ["wide"]), node("MatMul", ["wide", "w"], ["z"])];
        file.graph.node.push(node("Cast", ["z"], ["y"]));
        file.graph.node[0]!.attribute = [int("to", 11)];
        file.graph.node[2]!.attribute = [int("to", 1)];
        const numbers = Float64Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
        file.graph.initializer = [
          { name: "w", dims: [4, 2], data_type: 11, raw_data: new Uint8Array(numbers.buffer) },
        ];
      },
      /its weights are float64, export the model in float32/,
    ],
  ] as const)("%s", (_, change, message) => {
    expect(changed(change).message).toMatch(message);
  });
});
