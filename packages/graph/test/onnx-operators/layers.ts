import { attribute, node } from "../onnx-files/small-file.ts";
import {
  float,
  floats,
  int,
  ints,
  type OperatorCase,
  randomTensor,
  text,
  whole,
} from "./operator-case.ts";

const image = [3, 7, 6];
const plain = (op: string, more: Partial<OperatorCase> = {}): OperatorCase => ({
  ...{ op, says: "", shape: image },
  ...more,
});
const conv = (says: string, weight: number[], attributes: OperatorCase["attributes"] = []) =>
  plain("Conv", {
    ...{ says, attributes, inputs: ["h", "k", "b"] },
    tensors: [randomTensor("k", weight, 2), randomTensor("b", [weight[0]!], 3)],
  });
const pool = (op: string, says: string, attributes: OperatorCase["attributes"] = [], opset = 20) =>
  plain(op, { says, opset, attributes: [ints("kernel_shape", [3, 2]), ...attributes] });
const product = (says: string, shape: number[], right: number[]): OperatorCase =>
  plain("MatMul", { says, shape, inputs: ["h", "m"], tensors: [randomTensor("m", right, 2)] });
const gemm = (says: string, tensors: number[][], attributes: OperatorCase["attributes"] = []) =>
  plain("Gemm", {
    ...{ says, shape: [4], attributes, inputs: ["h", "m", "c"].slice(0, 1 + tensors.length) },
    tensors: tensors.map((shape, i) => randomTensor(["m", "c"][i]!, shape, i + 2)),
  });
const vectors = (...names: string[]) => ({
  inputs: ["h", ...names],
  tensors: names.map((name, i) => randomTensor(name, [3], i + 2)),
});

export const LAYERS: OperatorCase[] = [
  gemm("no bias", [[4, 3]]),
  gemm("a bias", [[4, 3], [3]]),
  gemm(
    "a transposed weight",
    [
      [3, 4],
      [1, 3],
    ],
    [int("transB", 1)],
  ),
  gemm("factors", [[4, 3], [3]], [float("alpha", 0.5), float("beta", 2)]),
  gemm("a bias of one number", [[4, 3], []]),
  product("rows", [4], [4, 3]),
  product("rows of sequences", [5, 4], [4, 3]),
  product("a matrix each", [2, 5, 4], [2, 4, 3]),
  product("by a vector", [5, 4], [4]),
  plain("MatMul", {
    ...{ says: "from the left", shape: [4, 5], inputs: ["m", "h"] },
    tensors: [randomTensor("m", [3, 4], 2)],
  }),
  plain("MatMul", {
    ...{ says: "a vector from the left", shape: [4, 5], inputs: ["m", "h"] },
    tensors: [randomTensor("m", [4], 2)],
  }),
  plain("MatMul", {
    ...{ says: "of data with data", shape: [4, 5], inputs: ["h", "turned"] },
    before: [node("Transpose", ["h"], ["turned"], [ints("perm", [0, 2, 1])])],
  }),

  conv("plain", [4, 3, 3, 2]),
  conv("padded", [4, 3, 3, 3], [ints("pads", [1, 0, 2, 1]), ints("strides", [2, 1])]),
  conv("dilated", [4, 3, 2, 2], [ints("dilations", [2, 3])]),
  conv("grouped", [6, 1, 3, 3], [int("group", 3)]),
  conv("same, above", [4, 3, 3, 2], [text("auto_pad", "SAME_UPPER"), ints("strides", [2, 2])]),
  conv("same, below", [4, 3, 3, 2], [text("auto_pad", "SAME_LOWER")]),
  conv("valid", [4, 3, 3, 2], [text("auto_pad", "VALID")]),
  { ...conv("of one axis", [4, 3, 3], [ints("pads", [1, 1])]), shape: [3, 7] },
  { ...conv("of three axes", [4, 3, 2, 2, 2]), shape: [3, 4, 3, 4] },
  plain("ConvTranspose", { inputs: ["h", "k"], tensors: [randomTensor("k", [3, 4, 3, 2], 2)] }),
  plain("ConvTranspose", {
    ...{ says: "strided, with a bias", inputs: ["h", "k", "b"] },
    tensors: [randomTensor("k", [3, 2, 3, 3], 2), randomTensor("b", [2], 3)],
    attributes: [
      ints("strides", [2, 2]),
      ints("pads", [1, 1, 1, 1]),
      ints("output_padding", [1, 0]),
    ],
  }),
  plain("ConvTranspose", {
    ...{ says: "grouped", inputs: ["h", "k"], tensors: [randomTensor("k", [3, 2, 2, 2], 2)] },
    attributes: [int("group", 3)],
  }),

  pool("MaxPool", "plain"),
  pool("MaxPool", "strided", [ints("strides", [3, 2])]),
  pool("MaxPool", "padded", [ints("pads", [1, 0, 2, 1]), ints("strides", [2, 2])]),
  pool("MaxPool", "rounded up", [ints("strides", [3, 4]), int("ceil_mode", 1)]),
  pool("MaxPool", "rounded up in padding", [
    ints("strides", [4, 3]),
    ints("pads", [2, 1, 2, 1]),
    int("ceil_mode", 1),
  ]),
  pool("MaxPool", "same", [text("auto_pad", "SAME_UPPER"), ints("strides", [2, 2])]),
  plain("MaxPool", {
    says: "rounded up, but not to a window of padding alone",
    attributes: [
      ...[ints("kernel_shape", [2, 2]), ints("strides", [4, 3])],
      ...[ints("pads", [1, 1, 1, 1]), int("ceil_mode", 1)],
    ],
  }),
  plain("MaxPool", { says: "of one axis", shape: [3, 7], attributes: [ints("kernel_shape", [2])] }),
  pool("AveragePool", "plain"),
  pool("AveragePool", "padded", [ints("pads", [1, 0, 2, 1]), ints("strides", [2, 2])]),
  pool("AveragePool", "padded, counted", [ints("pads", [1, 0, 2, 1]), int("count_include_pad", 1)]),
  pool("AveragePool", "rounded up", [ints("strides", [3, 4]), int("ceil_mode", 1)]),
  pool("AveragePool", "rounded up, counted but not padded", [
    ...[ints("strides", [3, 4]), int("ceil_mode", 1), int("count_include_pad", 1)],
  ]),
  pool("AveragePool", "same", [text("auto_pad", "SAME_LOWER")]),
  pool("AveragePool", "of opset 13", [ints("strides", [2, 2])], 13),
  plain("GlobalAveragePool"),
  plain("GlobalMaxPool"),
  plain("LRN", { attributes: [int("size", 3)] }),
  plain("LRN", {
    says: "other factors",
    attributes: [int("size", 5), float("alpha", 0.5), float("beta", 0.6), float("bias", 1.5)],
  }),

  plain("BatchNormalization", {
    inputs: ["h", "scale", "shift", "mean", "variance"],
    tensors: [...vectors("scale", "shift", "mean").tensors, floats("variance", 0.5, 1.5, 2)],
    attributes: [float("epsilon", 0.01)],
  }),
  plain("BatchNormalization", {
    ...{ says: "of features", shape: [3], inputs: ["h", "scale", "shift", "mean", "variance"] },
    tensors: [...vectors("scale", "shift", "mean").tensors, floats("variance", 0.5, 1.5, 2)],
  }),
  plain("InstanceNormalization", {
    ...vectors("scale", "shift"),
    attributes: [float("epsilon", 0.1)],
  }),
  plain("LayerNormalization", {
    ...{ shape: [5, 3], ...vectors("scale", "shift"), attributes: [float("epsilon", 0.01)] },
  }),
  plain("LayerNormalization", {
    ...{ says: "two axes, no shift", shape: [5, 3], inputs: ["h", "scale"] },
    ...{ tensors: [randomTensor("scale", [5, 3], 2)], attributes: [int("axis", 1)] },
  }),
  plain("GroupNormalization", {
    ...{ says: "by channel", opset: 21, shape: [4, 5, 2], inputs: ["h", "scale", "shift"] },
    tensors: [randomTensor("scale", [4], 2), randomTensor("shift", [4], 3)],
    attributes: [int("num_groups", 2)],
  }),
  plain("MeanVarianceNormalization", { attributes: [ints("axes", [2, 3])] }),

  plain("Scaler", {
    ...{ domain: "ai.onnx.ml", shape: [3], positive: true },
    attributes: [
      attribute("offset", "floats", [1, 2, 3]),
      attribute("scale", "floats", [2, 0.5, 1]),
    ],
  }),
  plain("LinearRegressor", {
    ...{ domain: "ai.onnx.ml", shape: [3] },
    attributes: [
      attribute("coefficients", "floats", [1, 2, 3, -1, 0.5, 2]),
      attribute("intercepts", "floats", [0.5, -1]),
      int("targets", 2),
    ],
  }),
  ...["NONE", "SOFTMAX", "LOGISTIC"].map((transform) =>
    plain("LinearClassifier", {
      ...{ says: transform, domain: "ai.onnx.ml", shape: [3], outputs: ["label", "y"] },
      attributes: [
        attribute("coefficients", "floats", [1, 2, 3, -1, 0.5, 2, 0, 0.2, -0.7]),
        attribute("intercepts", "floats", [0.5, -1, 0]),
        attribute("classlabels_ints", "ints", [0, 1, 2]),
        text("post_transform", transform),
      ],
    }),
  ),
  ...["L1", "L2", "MAX"].map((norm) =>
    plain("Normalizer", {
      ...{ says: norm, domain: "ai.onnx.ml", shape: [3], positive: true },
      attributes: [text("norm", norm)],
    }),
  ),
  plain("FeatureVectorizer", {
    ...{ domain: "ai.onnx.ml", shape: [3], inputs: ["h", "x"] },
    attributes: [ints("inputdimensions", [3, 3])],
  }),
  plain("Gather", {
    ...{ says: "by numbers of the data", shape: [4], inputs: ["table", "ids"] },
    tensors: [randomTensor("table", [5, 3], 2), whole("none", [1])],
    before: [node("Sigmoid", ["h"], ["part"]), node("Cast", ["part"], ["ids"], [int("to", 7)])],
  }),
];
