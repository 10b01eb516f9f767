import { attribute, node, tensor } from "../onnx-files/small-file.ts";
import {
  int,
  ints,
  type OperatorCase,
  randomTensor,
  scalar,
  text,
  whole,
} from "./operator-case.ts";

const plain = (op: string, more: Partial<OperatorCase> = {}): OperatorCase => ({
  ...{ op, says: "", shape: [2, 3, 4] },
  ...more,
});
/** Beside the data, whole numbers that are known. */
const known = (op: string, says: string, numbers: number[], more: Partial<OperatorCase> = {}) =>
  plain(op, { says, inputs: ["h", "n"], tensors: [whole("n", numbers)], ...more });
/** Numbers of a shape, worked out by an operator, that a Reshape then takes. */
const ofShape = (op: string, more: Partial<OperatorCase>): OperatorCase =>
  plain(op, {
    ...{ outputs: ["worked"], after: [node("Reshape", ["h", "worked"], ["z"])] },
    ...more,
  });
const shapeOf = node("Shape", ["h"], ["lengths"]);
const batch = node("Gather", ["lengths", "zero"], ["batch"]);

export const SHAPES: OperatorCase[] = [
  known("Reshape", "rows copied", [0, 4, -1]),
  known("Reshape", "rows worked out", [-1, 4, 6]),
  known("Reshape", "an axis copied", [0, 0, -1]),
  plain("Flatten"),
  plain("Flatten", { says: "counted from the end", attributes: [int("axis", -3)] }),
  known("Squeeze", "one axis", [2], { shape: [2, 1, 4] }),
  plain("Squeeze", { says: "all of them", shape: [1, 4, 1] }),
  known("Unsqueeze", "two axes", [1, -1]),
  plain("Transpose", { attributes: [ints("perm", [0, 3, 1, 2])] }),
  plain("Transpose", {
    ...{ says: "the rows away and back", attributes: [ints("perm", [1, 2, 0, 3])] },
    after: [node("Transpose", ["y"], ["z"], [ints("perm", [2, 0, 1, 3])])],
  }),
  known("Expand", "an axis", [1, 2, 1, 4], { shape: [2, 3, 1] }),
  known("Tile", "two axes", [1, 2, 1, 3]),
  plain("Concat", { says: "channels", inputs: ["h", "x"], attributes: [int("axis", 1)] }),
  plain("Concat", {
    says: "the last axis",
    inputs: ["h", "x", "h"],
    attributes: [int("axis", -1)],
  }),
  known("Split", "lengths", [1, 3], { attributes: [int("axis", 3)], outputs: ["other", "y"] }),
  plain("Split", { opset: 13, attributes: [int("axis", 3)], outputs: ["y", "other"] }),
  plain("Split", {
    ...{ says: "unevenly", outputs: ["other", "y"] },
    attributes: [int("axis", 2), int("num_outputs", 2)],
  }),
  plain("Slice", {
    ...{ says: "from both ends", inputs: ["h", "from", "to", "axes"] },
    tensors: [whole("from", [1, -3]), whole("to", [9, -1]), whole("axes", [2, 3])],
  }),
  plain("Slice", {
    ...{ says: "all rows", inputs: ["h", "from", "to", "axes", "steps"] },
    tensors: [
      ...[whole("from", [0, 0]), whole("to", [2 ** 40, 2]), whole("axes", [0, 3])],
      whole("steps", [1, 1]),
    ],
  }),
  known("Gather", "a run", [1, 2], { attributes: [int("axis", 2)] }),
  known("Gather", "backwards", [-1, 0, 0], { attributes: [int("axis", 3)] }),
  plain("Gather", {
    ...{ says: "one place", inputs: ["h", "n"], tensors: [whole("n", [1], [])] },
    attributes: [int("axis", 1)],
  }),
  known("Pad", "around", [0, 0, 1, 0, 0, 0, 2, 1]),
  known("Pad", "with a number", [0, 0, 1, 0, 0, 0, 2, 1], {
    ...{ inputs: ["h", "n", "v"] },
    tensors: [whole("n", [0, 0, 1, 0, 0, 0, 2, 1]), scalar("v", 0.3)],
  }),
  known("Pad", "by axes", [1, 2], {
    ...{ inputs: ["h", "n", "", "axes"], tensors: [whole("n", [1, 2]), whole("axes", [-1])] },
  }),
  ...["edge", "reflect", "wrap"].map((mode) =>
    known("Pad", mode, [0, 0, 1, 2, 0, 0, 2, 3], {
      ...{ opset: 19, attributes: [text("mode", mode)] },
    }),
  ),
  plain("DepthToSpace", { shape: [8, 2, 3], attributes: [int("blocksize", 2)] }),
  plain("DepthToSpace", {
    ...{ says: "by columns", shape: [8, 2, 3] },
    attributes: [int("blocksize", 2), text("mode", "CRD")],
  }),
  plain("SpaceToDepth", { shape: [2, 4, 6], attributes: [int("blocksize", 2)] }),
  plain("Shape", {
    ...{ says: "of the rows", outputs: ["lengths"] },
    tensors: [whole("zero", [0], []), whole("first axis", [0]), whole("rest", [4, -1])],
    after: [
      batch,
      node("Unsqueeze", ["batch", "first axis"], ["first"]),
      node("Concat", ["first", "rest"], ["shape"], [int("axis", 0)]),
      node("Reshape", ["h", "shape"], ["z"]),
    ],
  }),
  plain("Shape", {
    ...{ says: "a part", outputs: ["y"], attributes: [int("start", -3), int("end", -1)] },
    after: [
      node("Cast", ["y"], ["f"], [int("to", 1)]),
      node("ReduceSum", ["f"], ["sum"], [int("keepdims", 0)]),
      node("Mul", ["h", "sum"], ["z"]),
    ],
  }),
  plain("Size", {
    ...{ inputs: ["w"], outputs: ["y"] },
    after: [node("Cast", ["y"], ["f"], [int("to", 1)]), node("Mul", ["h", "f"], ["z"])],
  }),
  plain("Constant", {
    ...{ inputs: [], attributes: [attribute("value_float", "float", 2.5)] },
    after: [node("Mul", ["h", "y"], ["z"])],
  }),
  plain("Constant", {
    ...{ says: "a tensor", inputs: [] },
    attributes: [attribute("value", "tensor", tensor("", [4], [1, 2, 3, 4]))],
    after: [node("Mul", ["h", "y"], ["z"])],
  }),
  plain("Constant", {
    ...{
      says: "whole numbers",
      inputs: [],
      attributes: [attribute("value_ints", "ints", [0, 4, 6])],
    },
    after: [node("Reshape", ["h", "y"], ["z"])],
  }),
  plain("ConstantOfShape", {
    ...{ says: "for every row", inputs: ["lengths"], before: [shapeOf] },
    attributes: [attribute("value", "tensor", tensor("", [1], [0.7]))],
    after: [node("Add", ["h", "y"], ["z"])],
  }),

  ofShape("Add", { inputs: ["a", "b"], tensors: [whole("a", [0, 2, 3]), whole("b", [0, 2, 3])] }),
  ofShape("Sub", { inputs: ["a", "b"], tensors: [whole("a", [0, 9, 8]), whole("b", [0, 5, 2])] }),
  ofShape("Mul", { inputs: ["a", "b"], tensors: [whole("a", [0, 2, 3]), whole("b", [2])] }),
  ofShape("Div", { inputs: ["a", "b"], tensors: [whole("a", [1, 9, 13]), whole("b", [2])] }),
  ofShape("Mod", { inputs: ["a", "b"], tensors: [whole("a", [7, 11, -1]), whole("b", [7])] }),
  ofShape("Max", { inputs: ["a", "b"], tensors: [whole("a", [0, 4, 0]), whole("b", [0, 0, 6])] }),
  ofShape("Min", { inputs: ["a", "b"], tensors: [whole("a", [0, 4, 9]), whole("b", [9, 9, 6])] }),
  ofShape("Neg", { inputs: ["a"], tensors: [whole("a", [0, -4, -6])] }),
  ofShape("Abs", { inputs: ["a"], tensors: [whole("a", [0, -4, 6])] }),
  ofShape("Concat", {
    ...{ inputs: ["a", "b"], tensors: [whole("a", [0]), whole("b", [4, 6])] },
    attributes: [int("axis", 0)],
  }),
  ofShape("Range", {
    ...{ inputs: ["a", "b", "c"], shape: [2, 4] },
    tensors: [whole("a", [0], []), whole("b", [5], []), whole("c", [2], [])],
  }),
  ofShape("Slice", {
    ...{ says: "backwards", inputs: ["a", "from", "to", "axes", "steps"] },
    tensors: [
      ...[whole("a", [6, 4, 0]), whole("from", [-1]), whole("to", [-9]), whole("axes", [0])],
      whole("steps", [-1]),
    ],
  }),
  ofShape("Where", {
    ...{ inputs: ["same", "a", "b"], before: [node("Equal", ["a", "b"], ["same"])] },
    tensors: [whole("a", [0, 4, -1]), whole("b", [0, 4, 6])],
  }),
  ofShape("ReduceProd", {
    ...{ inputs: ["a"], tensors: [whole("a", [2, 3, 4]), whole("zero", [0])] },
    after: [
      node("Concat", ["zero", "worked"], ["shape"], [int("axis", 0)]),
      node("Reshape", ["h", "shape"], ["z"]),
    ],
  }),
  ...[0, 1].map((upper) =>
    plain("Trilu", {
      ...{ says: upper ? "above" : "below", inputs: ["a", "k"], attributes: [int("upper", upper)] },
      tensors: [randomTensor("a", [3, 4], 2), whole("k", [upper], [])],
      after: [node("Mul", ["h", "y"], ["z"])],
    }),
  ),
  plain("ConstantOfShape", {
    ...{ says: "that keeps attention from places", inputs: ["size"], shape: [3, 3] },
    ...{ attributes: [attribute("value", "tensor", tensor("", [1], [-Infinity]))] },
    tensors: [whole("size", [3, 3])],
    after: [
      node("Greater", ["w", "h"], ["is"]),
      node("Where", ["is", "h", "y"], ["masked"]),
      node("Exp", ["masked"], ["z"]),
    ],
  }),
  ...["Floor", "Ceil", "Sqrt", "Exp", "Log", "Sin", "Cos", "Sign", "Reciprocal"].map((op) =>
    plain(op, {
      ...{ says: "of a tensor", inputs: ["a"], tensors: [tensor("a", [4], [1.5, 2.25, 0.7, 3])] },
      after: [node("Mul", ["h", "y"], ["z"])],
    }),
  ),
  plain("Transpose", {
    ...{ says: "of a tensor", inputs: ["a"], tensors: [randomTensor("a", [4, 3], 2)] },
    after: [node("Div", ["h", "y"], ["z"])],
  }),
  plain("Expand", {
    ...{ says: "to the data's shape", inputs: ["row", "lengths"], before: [shapeOf] },
    tensors: [randomTensor("row", [1, 1, 4], 2)],
    after: [node("Concat", ["h", "y"], ["z"], [int("axis", 1)])],
  }),
];
