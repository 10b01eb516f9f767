import {
  type AttributeMessage,
  attribute,
  bytesOf,
  type NodeMessage,
  node,
  type TensorMessage,
  tensor,
  value,
} from "../onnx-files/small-file.ts";
import { createRandom } from "../random.ts";

/** One use of one operator on data, [rows, ...shape]. */
export interface OperatorCase {
  op: string;
  says: string;
  domain?: string;
  opset?: number;
  shape: number[];
  /** Its inputs by name; `h` are the data times a tensor that training moves. Left out, that alone. */
  inputs?: string[];
  /** Tensors of the file beside. */
  tensors?: TensorMessage[];
  attributes?: AttributeMessage[];
  /** What comes before it, from `h` on. */
  before?: NodeMessage[];
  /** What the data are, for what is not defined of negative numbers. */
  positive?: true;
  /** Its outputs, of which `y` is looked at. */
  outputs?: string[];
  /** What comes after, from `y` on to `z`. */
  after?: NodeMessage[];
}

/** x · w, the operator, and all numbers of a row side by side. */
export function fileOf(sample: OperatorCase): Uint8Array {
  const { op, domain = "", opset = 20, shape, before = [], tensors = [], after } = sample;
  const { inputs = ["h"], outputs = ["y"], attributes = [] } = sample;
  const signed = randomTensor("w", shape, 1);
  const nodes = [
    node("Mul", ["x", "w"], [sample.positive ? "signed" : "h"]),
    ...(sample.positive ? [node("Exp", ["signed"], ["h"])] : []),
    ...before,
    { ...node(op, inputs, outputs, attributes), domain },
    ...(after ?? [node("Cast", ["y"], ["z"], [attribute("to", "int", 1)])]),
    node("Flatten", ["z"], ["flat"], [attribute("axis", "int", 1)]),
  ];
  return bytesOf({
    ir_version: 8,
    producer_name: "test",
    opset_import: [
      { domain: "", version: opset },
      { domain: "ai.onnx.ml", version: 3 },
    ],
    graph: {
      name: "test",
      node: nodes,
      initializer: [signed, ...tensors],
      input: [value("x", ["rows", ...shape])],
      output: [value("flat", ["rows", "n"])],
    },
  });
}

/** Numbers between −1 and 1. */
export function randomNumbers(count: number, seed: number): number[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => Math.fround(random(2 ** 24) / 2 ** 23 - 1));
}

export function randomTensor(name: string, shape: number[], seed: number): TensorMessage {
  const count = shape.reduce((product, length) => product * length, 1);
  return tensor(name, shape, randomNumbers(count, seed));
}

export const floats = (name: string, ...numbers: number[]) =>
  tensor(name, [numbers.length], numbers);
export const scalar = (name: string, number: number) => tensor(name, [], [number]);

export function whole(name: string, numbers: number[], dims = [numbers.length]): TensorMessage {
  const raw_data = new Uint8Array(BigInt64Array.from(numbers, BigInt).buffer);
  return { name, dims, data_type: 7, raw_data };
}

export const int = (name: string, number: number) => attribute(name, "int", number);
export const float = (name: string, number: number) => attribute(name, "float", number);
export const ints = (name: string, numbers: number[]) => attribute(name, "ints", numbers);
export const text = (name: string, of: string) =>
  attribute(name, "string", new TextEncoder().encode(of));
