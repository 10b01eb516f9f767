import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ModelRefused } from "../src/onnx-file/onnx-file.ts";
import { readOnnx } from "../src/onnx-file/read-onnx.ts";
import {
  attribute,
  bytesOf,
  type FileMessage,
  node,
  smallFile,
  type TensorMessage,
  tensor,
  value,
} from "./onnx-files/small-file.ts";

/** What is spoilt, where the fault must be found, and a part of what must be said. */
type Bad = [what: string, spoil: (file: FileMessage) => void, pointer: string, message: RegExp];

const text = (letters: string) => new TextEncoder().encode(letters);
const weight = (file: FileMessage, change: Partial<TensorMessage>) =>
  Object.assign(file.graph.initializer[0]!, change);
const relu = ({ graph }: FileMessage) => graph.node[1]!;
const gemm = ({ graph }: FileMessage) => graph.node[0]!;

const OF_THE_FILE: Bad[] = [
  [
    "opset 12",
    (f) => (f.opset_import[0]!.version = 12),
    "/opset_import",
    /operator set 12.* 13 to 21/,
  ],
  ["opset 22", (f) => (f.opset_import[0]!.version = 22), "/opset_import", /operator set 22/],
  ["no opset", (f) => (f.opset_import = []), "/opset_import", /must name one version/],
  [
    "only another domain's operators",
    (f) => (f.opset_import[0]!.domain = "ai.onnx.ml"),
    "/opset_import",
    /must name one version/,
  ],
  [
    "two versions of ONNX's operators",
    (f) => f.opset_import.push({ domain: "ai.onnx", version: 19 }),
    "/opset_import",
    /must name one version/,
  ],
  ["a format of the future", (f) => (f.ir_version = 99), "/ir_version", /version 99; 3 to 14/],
  ["a negative format", (f) => (f.ir_version = -1), "/ir_version", /version -1/],
  ["functions", (f) => (f.functions = [text("f")]), "/functions", /inlined/],
  ["a training graph", (f) => (f.training_info = [text("")]), "/training_info", /for inference/],
  ["a producer with a NUL", (f) => (f.producer_name = "a\0b"), "/producer_name", /control/],
];

const OF_THE_GRAPH: Bad[] = [
  ["no nodes", (f) => (f.graph.node = []), "/graph/node", /no nodes/],
  ["no outputs", (f) => (f.graph.output = []), "/graph/output", /no outputs/],
  [
    "ten thousand nodes",
    ({ graph }) => (graph.node = chain(10_000)),
    "/graph/node",
    /more than 5000/,
  ],
  [
    "twenty thousand initialisers",
    ({ graph }) =>
      (graph.initializer = Array.from({ length: 2e4 }, (_, i) => tensor(`${i}`, [0], []))),
    "/graph/initializer",
    /more than 10000/,
  ],
  [
    "sparse initialisers",
    (f) => (f.graph.sparse_initializer = [text("")]),
    "/graph/sparse_initializer",
    /sparse/,
  ],
  ["an output twice", (f) => f.graph.output.push(value("y", [2])), "/graph/output/1", /twice/],
  ["an input twice", (f) => f.graph.input.push(value("x", [2])), "/graph/input/1", /twice/],
  [
    "an output nobody gives",
    (f) => (f.graph.output[0]!.name = "z"),
    "/graph/output/0",
    /nothing gives .*"z"/,
  ],
  [
    "an output without a name",
    (f) => (f.graph.output[0]!.name = ""),
    "/graph/output/0/name",
    /no name/,
  ],
  [
    "an axis of negative length",
    (f) => (f.graph.input[0] = value("x", [-1, 4])),
    "/graph/input/0/type/tensor_type/shape/dim/0",
    /length -1/,
  ],
  [
    "an axis of length and name",
    (f) => {
      const dim = [{ dim_value: 3, dim_param: "rows" }];
      f.graph.input[0]!.type = { tensor_type: { elem_type: 1, shape: { dim } } };
    },
    "/graph/input/0/type/tensor_type/shape/dim/0",
    /a length and a name/,
  ],
  [
    "a value read that nobody gives",
    (f) => (gemm(f).input[0] = "X"),
    "/graph/node/0/input/0",
    /nothing gives .*"X"/,
  ],
  [
    "a value given by two nodes",
    (f) => f.graph.node.push(node("Tanh", ["h"], ["y"])),
    "/graph/node/2/output/0",
    /"y" is given by \/graph\/node\/1 already/,
  ],
  [
    "a node that gives an initialiser",
    (f) => (relu(f).output = ["y", "fc.bias"]),
    "/graph/node/1/output/1",
    /given by \/graph\/initializer\/fc.bias/,
  ],
  [
    "a node that gives the input",
    (f) => (relu(f).output = ["y", "x"]),
    "/graph/node/1/output/1",
    /given by \/graph\/input\/0/,
  ],
  [
    "a node that reads what it gives",
    (f) => (relu(f).input = ["y"]),
    "/graph/node/1",
    /"y" -> "y"$/,
  ],
  [
    "a cycle",
    ({ graph }) => {
      graph.node = [
        node("Add", ["x", "c"], ["a"]),
        node("Tanh", ["a"], ["b"]),
        node("Relu", ["b"], ["c"]),
        node("Neg", ["c"], ["y"]),
      ];
    },
    "/graph/node/0",
    /"b" -> "c" -> "a" -> "b"|"a" -> "b" -> "c" -> "a"/,
  ],
];

const OF_A_NODE: Bad[] = [
  ["no operator", (f) => (relu(f).op_type = ""), "/graph/node/1/op_type", /no operator/],
  ["no output", (f) => (relu(f).output = [""]), "/graph/node/1/output", /gives nothing/],
  [
    "a name of 2000 letters",
    (f) => (relu(f).output[0] = "y".repeat(2000)),
    "/graph/node/1/output",
    /2000 bytes long/,
  ],
  [
    "a name with a line's end",
    (f) => (relu(f).op_type = "Re\nlu"),
    "/graph/node/1/op_type",
    /control/,
  ],
  [
    "two thousand inputs",
    (f) => (relu(f).input = Array(2000).fill("h")),
    "/graph/node/1/input",
    /more than 1000/,
  ],
  [
    "an attribute twice",
    (f) => gemm(f).attribute.push(attribute("transB", "int", 0)),
    "/graph/node/0/attribute/1",
    /"transB" is there twice/,
  ],
  [
    "an attribute without a name",
    (f) => gemm(f).attribute.push({ type: 2, i: 1 }),
    "/graph/node/0/attribute/1/name",
    /no name/,
  ],
  [
    "an attribute without a type",
    (f) => gemm(f).attribute.push({ name: "alpha", f: 1 }),
    "/graph/node/0/attribute/alpha/type",
    /type 0/,
  ],
  [
    "an attribute that is a graph",
    (f) => relu(f).attribute.push(attribute("then/else", "graph", text(""))),
    "/graph/node/1/attribute/then~1else",
    /"then\/else" is a graph of its own/,
  ],
  [
    "a graph in an attribute that says it is an integer",
    (f) => relu(f).attribute.push({ name: "n", type: 2, g: text("g") }),
    "/graph/node/1/attribute/n",
    /graph of its own/,
  ],
  [
    "an attribute that is a function's",
    (f) => relu(f).attribute.push({ name: "a", type: 2, ref_attr_name: "b" }),
    "/graph/node/1/attribute/a",
    /of a function/,
  ],
  [
    "an integer of 2^60",
    (f) => relu(f).attribute.push(attribute("axis", "int", 2 ** 60)),
    "/graph/node/1/attribute/0/i",
    /beyond 2\^53/,
  ],
  [
    "integers of which one is -2^60",
    (f) => relu(f).attribute.push(attribute("axes", "ints", [1, -(2 ** 60)])),
    "/graph/node/1/attribute/axes",
    /-1152921504606846976 is beyond/,
  ],
  [
    "a float that is NaN",
    (f) => relu(f).attribute.push(attribute("alpha", "float", Number.NaN)),
    "/graph/node/1/attribute/alpha",
    /NaN/,
  ],
  [
    "floats of which one is infinite",
    (f) => relu(f).attribute.push(attribute("coefficients", "floats", [1, Infinity])),
    "/graph/node/1/attribute/coefficients",
    /\[1\] is Infinity/,
  ],
  [
    "a text of 20 kB",
    (f) => relu(f).attribute.push(attribute("mode", "string", text("m".repeat(20_000)))),
    "/graph/node/1/attribute/mode",
    /20000 bytes long/,
  ],
  [
    "a text that is none",
    (f) => relu(f).attribute.push(attribute("mode", "string", Uint8Array.of(0xff))),
    "/graph/node/1/attribute/mode",
    /UTF-8/,
  ],
  [
    "a tensor that is not there",
    (f) => relu(f).attribute.push({ name: "value", type: 4 }),
    "/graph/node/1/attribute/value",
    /missing/,
  ],
  [
    "a tensor of another shape",
    (f) => relu(f).attribute.push(attribute("value", "tensor", tensor("", [3], [1]))),
    "/graph/node/1/attribute/value/t",
    /\[3\] has 3 numbers, but 1/,
  ],
];

const WEIGHT = "/graph/initializer/fc.weight";
const OF_A_TENSOR: Bad[] = [
  [
    "a million by a million without data",
    (f) => weight(f, { dims: [1e6, 1e6] }),
    WEIGHT,
    /1000000000000 numbers, but 8 are/,
  ],
  [
    "an overflowing shape",
    (f) => weight(f, { dims: Array(16).fill(2 ** 53 - 1) }),
    WEIGHT,
    /e\+\d+ numbers/,
  ],
  ["a length of 2^60", (f) => weight(f, { dims: [2 ** 60, 0] }), `${WEIGHT}/dims`, /beyond 2\^53/],
  ["a negative length", (f) => weight(f, { dims: [-2, -4] }), `${WEIGHT}/dims`, /length -2/],
  ["twenty axes", (f) => weight(f, { dims: Array(20).fill(1) }), `${WEIGHT}/dims`, /more than 16/],
  [
    "half a number",
    (f) => weight(f, { raw_data: new Uint8Array(30) }),
    WEIGHT,
    /8 numbers, but 7.5/,
  ],
  [
    "one number more",
    (f) => weight(f, { raw_data: new Uint8Array(36) }),
    WEIGHT,
    /8 numbers, but 9/,
  ],
  ["numbers twice", (f) => weight(f, { float_data: [1] }), `${WEIGHT}/raw_data`, /twice/],
  [
    "NaN",
    (f) =>
      Object.assign(f.graph.initializer, [tensor("fc.weight", [2, 4], [1, 2, 3, 4, 5, 6, NaN, 8])]),
    WEIGHT,
    /number \[1, 2\] is NaN/,
  ],
  [
    "an infinity",
    (f) =>
      Object.assign(f.graph.initializer, [
        tensor("fc.weight", [2, 4], [-Infinity, 2, 3, 4, 5, 6, 7, 8]),
      ]),
    WEIGHT,
    /number \[0, 0\] is -Infinity/,
  ],
  ["float16", (f) => weight(f, { data_type: 10 }), `${WEIGHT}/data_type`, /float16 .*convert/],
  [
    "a truth that is 2",
    (f) => weight(f, { data_type: 9, dims: [3], raw_data: Uint8Array.of(0, 1, 2) }),
    WEIGHT,
    /number \[2\] is neither/,
  ],
  [
    "data elsewhere",
    (f) =>
      weight(f, { data_location: 1, external_data: [{ key: "location", value: "/etc/passwd" }] }),
    `${WEIGHT}/external_data`,
    /external_data=False/,
  ],
  ["a part", (f) => weight(f, { segment: text("x") }), `${WEIGHT}/segment`, /parts/],
  ["no name", (f) => weight(f, { name: "" }), "/graph/initializer/0/name", /no name/],
  ["a name twice", (f) => weight(f, { name: "fc.bias" }), "/graph/initializer/1/name", /twice/],
];

function chain(nodes: number) {
  return Array.from({ length: nodes }, (_, i) =>
    node("Relu", [i === 0 ? "x" : `h${i - 1}`], [`h${i}`]),
  );
}

describe.each([
  ["the file", OF_THE_FILE],
  ["the graph", OF_THE_GRAPH],
  ["a node", OF_A_NODE],
  ["a tensor", OF_A_TENSOR],
])("refused for what is wrong with %s", (_, table) => {
  test.each(table)("%s", (_, spoil, pointer, message) => {
    const file = smallFile();
    spoil(file);
    const [fault] = faultsOf(bytesOf(file));
    expect(fault).toMatchObject({ pointer, message: expect.stringMatching(message) });
  });
});

test("the file that all are made from is read", () => {
  expect(readOnnx(bytesOf(smallFile())).nodes.map(({ op }) => op)).toEqual(["Gemm", "Relu"]);
});

// TensorProto.DataType in onnx-ml.proto.
test.each([
  [0, "undefined"],
  ...([
    [2, "uint8"],
    [3, "int8"],
    [4, "uint16"],
    [5, "int16"],
    [8, "string"],
  ] as const),
  ...([
    [10, "float16"],
    [12, "uint32"],
    [13, "uint64"],
    [14, "complex64"],
  ] as const),
  ...([
    [15, "complex128"],
    [16, "bfloat16"],
    [17, "float8e4m3fn"],
    [20, "float8e5m2fnuz"],
  ] as const),
  ...([
    [21, "uint4"],
    [22, "int4"],
    [23, "float4e2m1"],
    [25, "uint2"],
    [28, "float6e3m2"],
  ] as const),
  [77, "type 77"],
] as const)("tensors of type %i are refused as %s", (data_type, name) => {
  const file = smallFile();
  weight(file, { data_type });
  const [fault] = faultsOf(bytesOf(file));
  expect(fault).toMatchObject({
    pointer: `${WEIGHT}/data_type`,
    message: expect.stringContaining(`of ${name} are not read`),
  });
});

test("all faults of one kind are named, up to twenty", () => {
  const file = smallFile();
  const names = Array.from({ length: 3 }, (_, i) => `a/b~${i}`);
  file.graph.initializer.push(...names.map((name) => ({ name, dims: [1], data_type: 10 })));
  expect(faultsOf(bytesOf(file)).map(({ pointer }) => pointer)).toEqual(
    [0, 1, 2].map((i) => `/graph/initializer/a~1b~0${i}/data_type`),
  );
  file.graph.initializer = Array.from({ length: 9000 }, (_, i) => tensor(`${i}`, [1], []));
  expect(faultsOf(bytesOf(file))).toHaveLength(20);
});

test("what PyTorch writes and cannot be read is refused for the right reason", () => {
  expect(faultsOf(golden("refused-external-data"))).toEqual([
    {
      pointer: "/graph/initializer/2.weight/external_data",
      message: expect.stringContaining("external_data=False"),
    },
  ]);
  expect(faultsOf(golden("refused-float16"))[0]).toEqual({
    pointer: "/graph/initializer/0.weight/data_type",
    message: expect.stringContaining("float16"),
    allowed: ["float32", "float64", "int32", "int64", "bool"],
  });
});

function golden(name: string): Uint8Array {
  return readFileSync(new URL(`onnx-files/golden/${name}.onnx`, import.meta.url));
}

function faultsOf(bytes: Uint8Array) {
  try {
    readOnnx(bytes);
  } catch (error) {
    if (error instanceof ModelRefused) return error.faults;
    throw error;
  }
  throw new Error("the file was read");
}
