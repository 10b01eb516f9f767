import { ATTRIBUTE_TYPES, ModelProto } from "../../src/onnx-messages.ts";

/* An ONNX file as protobufjs writes it: sound as smallFile gives it, for tests to spoil. */

export interface TensorMessage {
  name?: string;
  dims: number[];
  data_type: number;
  raw_data?: Uint8Array;
  float_data?: number[];
  double_data?: number[];
  int32_data?: number[];
  int64_data?: number[];
  string_data?: Uint8Array[];
  external_data?: { key: string; value: string }[];
  data_location?: number;
  segment?: Uint8Array;
}

export interface AttributeMessage {
  name?: string;
  type?: number;
  [value: string]: unknown;
}

export interface NodeMessage {
  op_type?: string;
  domain?: string;
  input: string[];
  output: string[];
  attribute: AttributeMessage[];
}

export interface ValueMessage {
  name?: string;
  type?: object;
}

export interface FileMessage {
  ir_version: number;
  producer_name: string;
  opset_import: { domain?: string; version: number }[];
  functions?: Uint8Array[];
  training_info?: Uint8Array[];
  graph: {
    node: NodeMessage[];
    initializer: TensorMessage[];
    input: ValueMessage[];
    output: ValueMessage[];
    sparse_initializer?: Uint8Array[];
  };
}

export const FLOAT32 = 1;

/** y = relu(x · fc.weightᵀ + fc.bias), for four features and two outputs. */
export function smallFile(): FileMessage {
  return {
    ir_version: 9,
    producer_name: "test",
    opset_import: [{ domain: "", version: 20 }],
    graph: {
      node: [
        node("Gemm", ["x", "fc.weight", "fc.bias"], ["h"], [attribute("transB", "int", 1)]),
        node("Relu", ["h"], ["y"]),
      ],
      initializer: [
        tensor("fc.weight", [2, 4], [1, 2, 3, 4, 5, 6, 7, 8]),
        tensor("fc.bias", [2], [-1, 1]),
      ],
      input: [value("x", ["rows", 4])],
      output: [value("y", ["rows", 2])],
    },
  };
}

export function bytesOf(file: object): Uint8Array {
  return ModelProto.encode(file).finish();
}

export function node(
  op_type: string,
  input: string[],
  output: string[],
  attribute: AttributeMessage[] = [],
): NodeMessage {
  return { op_type, input, output, attribute };
}

const FIELDS = { float: "f", int: "i", string: "s", tensor: "t", graph: "g" };

export function attribute(
  name: string,
  type: keyof typeof ATTRIBUTE_TYPES,
  contents: unknown,
): AttributeMessage {
  const field = type in FIELDS ? FIELDS[type as keyof typeof FIELDS] : type;
  return { name, type: ATTRIBUTE_TYPES[type], [field]: contents };
}

export function tensor(name: string, dims: number[], numbers: number[]): TensorMessage {
  const raw_data = new Uint8Array(Float32Array.from(numbers).buffer);
  return { name, dims, data_type: FLOAT32, raw_data };
}

export function value(name: string, shape: (number | string)[], elem_type = FLOAT32): ValueMessage {
  const dim = shape.map((axis) =>
    typeof axis === "string" ? { dim_param: axis } : { dim_value: axis },
  );
  return { name, type: { tensor_type: { elem_type, shape: { dim } } } };
}
