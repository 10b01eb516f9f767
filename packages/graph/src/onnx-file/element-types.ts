import type { OnnxElementType } from "./onnx-file.ts";
import { refuse } from "./refuse.ts";

/** TensorProto.DataType in onnx-ml.proto: the place in the list is the number. */
const DATA_TYPES = [
  ...["undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string"],
  ...["bool", "float16", "float64", "uint32", "uint64", "complex64", "complex128", "bfloat16"],
  ...["float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "uint4", "int4"],
  ...["float4e2m1", "float8e8m0", "uint2", "int2", "float6e2m3", "float6e3m2"],
];

/** What an element type is called; a number that ONNX does not know is `type 99`. */
export function typeName(dataType: number): string {
  return DATA_TYPES[dataType] ?? `type ${dataType}`;
}

/** What a tensor's numbers become, and the field they are in where they are not raw data. */
export const ELEMENTS = {
  float32: { array: Float32Array, field: "float_data" },
  float64: { array: Float64Array, field: "double_data" },
  int32: { array: Int32Array, field: "int32_data" },
  int64: { array: BigInt64Array, field: "int64_data" },
  bool: { array: Uint8Array, field: "int32_data" },
} as const satisfies Record<OnnxElementType, { array: unknown; field: string }>;

/** @throws ModelRefused for types that no tensor of a model may have here */
export function elementType(dataType: number, pointer: string): OnnxElementType {
  const name = typeName(dataType);
  if (Object.hasOwn(ELEMENTS, name)) return name as OnnxElementType;
  const way = HALF.includes(name) ? "; convert the model to float32 before the export" : "";
  refuse(`${pointer}/data_type`, `tensors of ${name} are not read${way}`, Object.keys(ELEMENTS));
}

const HALF = ["float16", "bfloat16"];
