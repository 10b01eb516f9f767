import protobuf from "protobufjs/light.js";

const field = <const T extends string>(type: T, id: number) => ({ type, id });
const repeated = <const T extends string>(type: T, id: number) =>
  ({ rule: "repeated", type, id }) as const;
const unpacked = <const T extends string>(type: T, id: number) =>
  ({ ...repeated(type, id), options: { packed: false } }) as const;

/**
 * The messages of an ONNX file. Names and numbers of the fields are those of onnx/onnx-ml.proto in
 * https://github.com/onnx/onnx (package onnx, proto2), of ONNX 1.23. A message that we neither write nor
 * look into is `bytes`: that is the same on the wire.
 */
export const ONNX_MESSAGES = {
  ModelProto: {
    fields: {
      ir_version: field("int64", 1),
      producer_name: field("string", 2),
      producer_version: field("string", 3),
      domain: field("string", 4),
      model_version: field("int64", 5),
      doc_string: field("string", 6),
      graph: field("GraphProto", 7),
      opset_import: repeated("OperatorSetIdProto", 8),
      metadata_props: repeated("StringStringEntryProto", 14),
      training_info: repeated("bytes", 20),
      functions: repeated("bytes", 25),
      configuration: repeated("bytes", 26),
    },
  },
  StringStringEntryProto: { fields: { key: field("string", 1), value: field("string", 2) } },
  OperatorSetIdProto: { fields: { domain: field("string", 1), version: field("int64", 2) } },
  GraphProto: {
    fields: {
      node: repeated("NodeProto", 1),
      name: field("string", 2),
      initializer: repeated("TensorProto", 5),
      doc_string: field("string", 10),
      input: repeated("ValueInfoProto", 11),
      output: repeated("ValueInfoProto", 12),
      value_info: repeated("ValueInfoProto", 13),
      quantization_annotation: repeated("bytes", 14),
      sparse_initializer: repeated("bytes", 15),
      metadata_props: repeated("StringStringEntryProto", 16),
    },
  },
  NodeProto: {
    fields: {
      input: repeated("string", 1),
      output: repeated("string", 2),
      name: field("string", 3),
      op_type: field("string", 4),
      attribute: repeated("AttributeProto", 5),
      doc_string: field("string", 6),
      domain: field("string", 7),
      overload: field("string", 8),
      metadata_props: repeated("StringStringEntryProto", 9),
      device_configurations: repeated("bytes", 10),
    },
  },
  AttributeProto: {
    fields: {
      name: field("string", 1),
      f: field("float", 2),
      i: field("int64", 3),
      s: field("bytes", 4),
      t: field("TensorProto", 5),
      g: field("bytes", 6),
      floats: unpacked("float", 7),
      ints: unpacked("int64", 8),
      strings: repeated("bytes", 9),
      tensors: repeated("bytes", 10),
      graphs: repeated("bytes", 11),
      doc_string: field("string", 13),
      tp: field("bytes", 14),
      type_protos: repeated("bytes", 15),
      type: field("int32", 20),
      ref_attr_name: field("string", 21),
      sparse_tensor: field("bytes", 22),
      sparse_tensors: repeated("bytes", 23),
    },
  },
  TensorProto: {
    fields: {
      dims: unpacked("int64", 1),
      data_type: field("int32", 2),
      segment: field("bytes", 3),
      float_data: repeated("float", 4),
      int32_data: repeated("int32", 5),
      string_data: repeated("bytes", 6),
      int64_data: repeated("int64", 7),
      name: field("string", 8),
      raw_data: field("bytes", 9),
      double_data: repeated("double", 10),
      uint64_data: repeated("uint64", 11),
      doc_string: field("string", 12),
      external_data: repeated("StringStringEntryProto", 13),
      data_location: field("int32", 14),
      metadata_props: repeated("StringStringEntryProto", 16),
    },
  },
  ValueInfoProto: {
    fields: {
      name: field("string", 1),
      type: field("TypeProto", 2),
      doc_string: field("string", 3),
      metadata_props: repeated("StringStringEntryProto", 4),
    },
  },
  TypeProto: {
    fields: {
      tensor_type: field("TensorTypeProto", 1),
      sequence_type: field("bytes", 4),
      map_type: field("bytes", 5),
      denotation: field("string", 6),
      opaque_type: field("bytes", 7),
      sparse_tensor_type: field("bytes", 8),
      optional_type: field("bytes", 9),
    },
  },
  // TypeProto.Tensor and TensorShapeProto.Dimension in onnx-ml.proto; names are not part of the bytes.
  TensorTypeProto: {
    fields: { elem_type: field("int32", 1), shape: field("TensorShapeProto", 2) },
  },
  TensorShapeProto: { fields: { dim: repeated("DimensionProto", 1) } },
  DimensionProto: {
    fields: {
      dim_value: field("int64", 1),
      dim_param: field("string", 2),
      denotation: field("string", 3),
    },
  },
} as const;

const messages = protobuf.Root.fromJSON({ nested: ONNX_MESSAGES });

/** Writes a file. Reading one is readOnnx: protobufjs builds what a file claims before anyone can bound it. */
export const ModelProto = messages.lookupType("ModelProto");
/** What an operator's body is written as. */
export const GraphProto = messages.lookupType("GraphProto");

/** AttributeProto.AttributeType in onnx-ml.proto. */
export const ATTRIBUTE_TYPES = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const;
