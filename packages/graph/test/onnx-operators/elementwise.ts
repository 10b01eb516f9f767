import { node } from "../onnx-files/small-file.ts";
import {
  float,
  floats,
  int,
  ints,
  type OperatorCase,
  randomTensor,
  scalar,
  text,
  whole,
} from "./operator-case.ts";

const row = [2, 3];
const plain = (op: string, more: Partial<OperatorCase> = {}): OperatorCase => ({
  ...{ op, says: "", shape: row },
  ...more,
});
const two = (op: string, more: Partial<OperatorCase> = {}): OperatorCase =>
  plain(op, {
    says: "by a row",
    inputs: ["h", "t"],
    tensors: [randomTensor("t", [3], 2)],
    ...more,
  });
/** Of truth values and whole numbers no derivative leads back: what training moves is added. */
const truth = (sample: OperatorCase): OperatorCase => ({
  ...sample,
  after: [node("Cast", ["y"], ["number"], [int("to", 1)]), node("Add", ["number", "h"], ["z"])],
});
const compared = (op: string) =>
  two(op, {
    says: "where some are equal",
    before: [node("Relu", ["h"], ["same"])],
    inputs: ["h", "same"],
    tensors: [],
  });

const TRUTH: OperatorCase[] = [
  compared("Equal"),
  compared("GreaterOrEqual"),
  compared("LessOrEqual"),
  two("Greater"),
  two("Less"),
  two("GreaterOrEqual"),
  two("LessOrEqual"),
  two("GreaterOrEqual", { says: "of opset 13", opset: 13 }),
  ...["And", "Or", "Xor"].map((op) =>
    plain(op, {
      inputs: ["p", "q"],
      tensors: [scalar("zero", 0), scalar("part", 0.2)],
      before: [node("Greater", ["h", "zero"], ["p"]), node("Less", ["h", "part"], ["q"])],
    }),
  ),
  plain("Not", {
    inputs: ["p"],
    tensors: [scalar("zero", 0)],
    before: [node("Greater", ["h", "zero"], ["p"])],
  }),
  plain("Cast", { says: "to whole numbers and back", attributes: [int("to", 7)] }),
  plain("Cast", { says: "to truth and back", attributes: [int("to", 9)] }),
  plain("CastLike", { inputs: ["h", "t"], tensors: [whole("t", [1])] }),
];

export const ELEMENTWISE: OperatorCase[] = [
  two("Add"),
  two("Sub"),
  two("Mul"),
  two("Div", { positive: true }),
  two("Max"),
  two("Min"),
  plain("Max", { says: "of three", inputs: ["h", "t", "h"], tensors: [randomTensor("t", [3], 2)] }),
  plain("Max", { says: "of one" }),
  plain("Sum", { says: "of three", inputs: ["h", "t", "h"], tensors: [randomTensor("t", [3], 2)] }),
  plain("Mean", { says: "of three", inputs: ["h", "t", "h"], tensors: [scalar("t", 3)] }),
  two("Pow", { says: "a square", tensors: [scalar("t", 2)] }),
  two("Pow", { says: "of whole numbers", tensors: [whole("t", [3], [])] }),
  two("Pow", { says: "a root", positive: true, tensors: [floats("t", 0.5)] }),
  plain("Neg"),
  plain("Abs"),
  plain("Sqrt", { positive: true }),
  plain("Exp"),
  plain("Log", { positive: true }),
  plain("Erf"),
  plain("Reciprocal", { positive: true }),
  plain("Clip", {
    says: "both",
    inputs: ["h", "a", "b"],
    tensors: [scalar("a", -0.2), scalar("b", 0.3)],
  }),
  plain("Clip", { says: "below", inputs: ["h", "a"], tensors: [scalar("a", -0.2)] }),
  plain("Clip", { says: "above", inputs: ["h", "", "b"], tensors: [scalar("b", 0.3)] }),
  plain("Clip", { says: "neither" }),
  plain("Identity"),
  plain("Relu"),
  plain("Tanh"),
  plain("Sigmoid"),
  plain("Softplus"),
  plain("LeakyRelu"),
  plain("LeakyRelu", { says: "0.3", attributes: [float("alpha", 0.3)] }),
  plain("Elu", { attributes: [float("alpha", 0.7)] }),
  plain("Elu"),
  plain("Selu"),
  plain("Selu", { says: "other", attributes: [float("alpha", 1.2), float("gamma", 0.9)] }),
  plain("Celu"),
  plain("Celu", { says: "other", attributes: [float("alpha", 0.4)] }),
  plain("HardSigmoid"),
  plain("HardSigmoid", { says: "other", attributes: [float("alpha", 0.9), float("beta", 0.4)] }),
  plain("HardSwish"),
  plain("Mish"),
  plain("Gelu"),
  plain("Gelu", {
    ...{ says: "by tanh, of larger numbers", inputs: ["g"], tensors: [scalar("five", 5)] },
    before: [node("Mul", ["h", "five"], ["g"])],
    attributes: [text("approximate", "tanh")],
  }),
  plain("Softsign"),
  plain("ThresholdedRelu", { attributes: [float("alpha", 0.1)] }),
  two("PRelu", { says: "one slope each" }),
  two("PRelu", { says: "one slope", tensors: [floats("t", 0.2)] }),
  ...TRUTH.map(truth),
  plain("Where", {
    inputs: ["p", "h", "t"],
    tensors: [scalar("zero", 0), randomTensor("t", [3], 4)],
    before: [node("Greater", ["h", "zero"], ["p"])],
  }),
  plain("Dropout", { says: "in inference" }),
  plain("Dropout", { says: "with a ratio", inputs: ["h", "r"], tensors: [scalar("r", 0.3)] }),
  plain("Softmax"),
  plain("Softmax", { says: "another axis", attributes: [int("axis", 1)] }),
  plain("LogSoftmax"),
  plain("Softmax", { says: "of opset 13", opset: 13 }),
  ...["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2"].flatMap(reduced),
  ...["ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp"].flatMap(reduced),
  plain("ReduceMean", { says: "nothing", attributes: [int("noop_with_empty_axes", 1)] }),
];

/** Axes are an attribute of most until opset 18, of ReduceSum until 13. */
function reduced(op: string): OperatorCase[] {
  const positive = op === "ReduceLogSum" ? ({ positive: true } as const) : {};
  const shape = [2, 3, 4];
  const axes = { inputs: ["h", "axes"], tensors: [whole("axes", [1, -1])] };
  const all = { inputs: ["h", "axes"], tensors: [whole("axes", [1, 2, 3])] };
  return [
    plain(op, { shape, ...positive, ...axes, says: "two axes" }),
    plain(op, {
      shape,
      ...positive,
      ...axes,
      says: "they vanish",
      attributes: [int("keepdims", 0)],
    }),
    plain(op, { shape, ...positive, ...all, says: "all but rows" }),
    op === "ReduceSum"
      ? plain(op, { shape, ...axes, says: "of opset 13", opset: 13 })
      : plain(op, {
          shape,
          ...positive,
          says: "of opset 17",
          opset: 17,
          attributes: [ints("axes", [-1])],
        }),
  ];
}
