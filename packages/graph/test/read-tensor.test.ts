import { describe, expect, test } from "vitest";
import type { OnnxTensor } from "../src/onnx-file/onnx-file.ts";
import { readOnnx } from "../src/onnx-file/read-onnx.ts";
import {
  attribute,
  bytesOf,
  node,
  smallFile,
  type TensorMessage,
  tensor,
  value,
} from "./onnx-files/small-file.ts";

const raw = (numbers: ArrayBufferView) => new Uint8Array(numbers.buffer);
/** The largest and smallest, what a float32 cannot hold, and what fills all groups of a varint. */
const INT64 = [0n, 1n, -1n, 127n, 128n, -129n, 0x0123456789abcdefn, 2n ** 63n - 1n, -(2n ** 63n)];
const INT32 = [0, 1, -1, 127, 128, -129, 2 ** 28, 2 ** 31 - 1, -(2 ** 31)];
const FLOAT = [0, -0, 1.5, -3.25, 1e-45, 3.4028234663852886e38, 0.1, 7, 8];

/** The same nine numbers as raw data and as numbers; protobufjs writes 64 bits from {low, high}. */
const WAYS: [string, Partial<TensorMessage>, Partial<TensorMessage>, OnnxTensor["data"]][] = [
  [
    "float32",
    { data_type: 1, raw_data: raw(Float32Array.from(FLOAT)) },
    { data_type: 1, float_data: FLOAT },
    Float32Array.from(FLOAT),
  ],
  [
    "float64",
    { data_type: 11, raw_data: raw(Float64Array.from(FLOAT)) },
    { data_type: 11, double_data: FLOAT },
    Float64Array.from(FLOAT),
  ],
  [
    "int32",
    { data_type: 6, raw_data: raw(Int32Array.from(INT32)) },
    { data_type: 6, int32_data: INT32 },
    Int32Array.from(INT32),
  ],
  [
    "int64",
    { data_type: 7, raw_data: raw(BigInt64Array.from(INT64)) },
    { data_type: 7, int64_data: INT64.map(lowAndHigh) as unknown as number[] },
    BigInt64Array.from(INT64),
  ],
  [
    "bool",
    { data_type: 9, raw_data: Uint8Array.of(0, 1, 1, 0, 1, 0, 0, 0, 1) },
    { data_type: 9, int32_data: [0, 1, 1, 0, 1, 0, 0, 0, 1] },
    Uint8Array.of(0, 1, 1, 0, 1, 0, 0, 0, 1),
  ],
];

function lowAndHigh(number: bigint) {
  return { low: Number(BigInt.asIntN(32, number)), high: Number(number >> 32n), unsigned: false };
}

describe.each(WAYS)("a tensor of %s", (type, rawly, singly, data) => {
  test("is the same as raw data, wherever in the file it lies", () => {
    for (let shift = 1; shift <= 8; shift++) {
      const bytes = bytesOf(fileWith({ ...rawly, name: "n".repeat(shift) }));
      for (const given of [bytes, Buffer.from(bytes)])
        expect(readOnnx(given).initialisers.get("n".repeat(shift))).toEqual({
          type,
          shape: [3, 3],
          data,
        });
    }
  });

  test("is the same as single numbers", () => {
    const file = readOnnx(bytesOf(fileWith({ ...singly, name: "n" })));
    expect(file.initialisers.get("n")).toEqual({ type, shape: [3, 3], data });
  });

  test("is the same within an attribute", () => {
    const file = smallFile();
    const constant = { ...singly, dims: [9] };
    file.graph.node.push(node("Constant", [], ["c"], [attribute("value", "tensor", constant)]));
    expect(readOnnx(bytesOf(file)).nodes[2]!.attributes.get("value")).toEqual({
      type,
      shape: [9],
      data,
    });
  });
});

function fileWith(tensor: Partial<TensorMessage>) {
  const file = smallFile();
  file.graph.initializer.push({ dims: [3, 3], data_type: 0, ...tensor });
  return file;
}

test("raw data that lies well is a view of the file, all else a copy", () => {
  const views = [1, 2, 3, 4].map((shift) => {
    const name = "n".repeat(shift);
    const bytes = bytesOf(fileWith({ ...WAYS[0]![1], name }));
    return readOnnx(bytes).initialisers.get(name)!.data.buffer === bytes.buffer;
  });
  expect(views.filter(Boolean)).toHaveLength(1);
});

test("a number alone, or none, and an infinite bound", () => {
  const file = smallFile();
  file.graph.initializer.push(tensor("one", [], [Infinity]), tensor("none", [0, 3], []));
  const { initialisers } = readOnnx(bytesOf(file));
  expect(initialisers.get("one")).toEqual({
    type: "float32",
    shape: [],
    data: Float32Array.of(Infinity),
  });
  expect(initialisers.get("none")).toEqual({
    type: "float32",
    shape: [0, 3],
    data: new Float32Array(),
  });
});

test("numbers whose sum no float64 holds are finite all the same", () => {
  const file = smallFile();
  const numbers = Float64Array.of(1e308, 1e308, 1e308);
  file.graph.initializer.push({ name: "n", dims: [3], data_type: 11, raw_data: raw(numbers) });
  expect(readOnnx(bytesOf(file)).initialisers.get("n")!.data).toEqual(numbers);
});

test("attributes of every kind", () => {
  const file = smallFile();
  const text = (letters: string) => new TextEncoder().encode(letters);
  file.graph.node[1]!.attribute = [
    attribute("f", "float", -0.5),
    attribute("i", "int", -3),
    attribute("s", "string", text("säme")),
    attribute("floats", "floats", [1, 2.5, -1]),
    attribute("ints", "ints", [1, -1, 2 ** 53 - 1, -(2 ** 53 - 1)]),
    attribute("strings", "strings", [text("a"), text("")]),
    // Writers leave out what is zero or empty.
    { name: "zero", type: 2 },
    { name: "empty", type: 7 },
  ];
  expect(Object.fromEntries(readOnnx(bytesOf(file)).nodes[1]!.attributes)).toEqual({
    ...{ f: -0.5, i: -3, s: "säme", floats: [1, 2.5, -1] },
    ...{ ints: [1, -1, 2 ** 53 - 1, -(2 ** 53 - 1)], strings: ["a", ""], zero: 0, empty: [] },
  });
});

test("an input that was left out, a domain's second name, an initialiser among the inputs", () => {
  const file = smallFile();
  file.opset_import = [{ domain: "ai.onnx", version: 13 }, { version: 13 }];
  file.graph.node[1]!.domain = "ai.onnx";
  file.graph.node.push({ ...node("Scaler", ["y", "", "h"], ["z", ""]), domain: "ai.onnx.ml" });
  file.graph.node.push(node("Relu", ["z"], ["w", ""]));
  file.graph.input.push(value("fc.bias", [2]));
  const { opset, nodes, inputs } = readOnnx(bytesOf(file));
  expect(opset).toBe(13);
  expect(nodes.map(({ domain }) => domain)).toEqual(["", "", "ai.onnx.ml", ""]);
  expect(nodes[2]).toMatchObject({ inputs: ["y", "", "h"], outputs: ["z", ""] });
  expect(inputs.map(({ name }) => name)).toEqual(["x"]);
});
