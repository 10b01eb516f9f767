import protobuf from "protobufjs/light.js";

/*
 * The messages of an ONNX file, as far as we write them. Names and numbers of the fields are those of
 * onnx/onnx.proto in https://github.com/onnx/onnx (package onnx, proto2).
 */
const field = (type: string, id: number) => ({ type, id });
const repeated = (type: string, id: number) => ({ rule: "repeated", type, id });

const messages = protobuf.Root.fromJSON({
  nested: {
    ModelProto: {
      fields: {
        ir_version: field("int64", 1),
        producer_name: field("string", 2),
        producer_version: field("string", 3),
        graph: field("GraphProto", 7),
        opset_import: repeated("OperatorSetIdProto", 8),
        metadata_props: repeated("StringStringEntryProto", 14),
      },
    },
    StringStringEntryProto: { fields: { key: field("string", 1), value: field("string", 2) } },
    OperatorSetIdProto: { fields: { domain: field("string", 1), version: field("int64", 2) } },
    GraphProto: {
      fields: {
        node: repeated("NodeProto", 1),
        name: field("string", 2),
        initializer: repeated("TensorProto", 5),
        input: repeated("ValueInfoProto", 11),
        output: repeated("ValueInfoProto", 12),
      },
    },
    NodeProto: {
      fields: {
        input: repeated("string", 1),
        output: repeated("string", 2),
        name: field("string", 3),
        op_type: field("string", 4),
        attribute: repeated("AttributeProto", 5),
        domain: field("string", 7),
      },
    },
    AttributeProto: {
      fields: {
        name: field("string", 1),
        f: field("float", 2),
        i: field("int64", 3),
        s: field("bytes", 4),
        ints: { ...repeated("int64", 8), options: { packed: false } },
        type: field("int32", 20),
      },
    },
    TensorProto: {
      fields: {
        dims: { ...repeated("int64", 1), options: { packed: false } },
        data_type: field("int32", 2),
        name: field("string", 8),
        raw_data: field("bytes", 9),
      },
    },
    ValueInfoProto: { fields: { name: field("string", 1), type: field("TypeProto", 2) } },
    TypeProto: { fields: { tensor_type: field("TensorTypeProto", 1) } },
    // TypeProto.Tensor and TensorShapeProto.Dimension in onnx.proto; names are not part of the bytes.
    TensorTypeProto: {
      fields: { elem_type: field("int32", 1), shape: field("TensorShapeProto", 2) },
    },
    TensorShapeProto: { fields: { dim: repeated("DimensionProto", 1) } },
    DimensionProto: { fields: { dim_value: field("int64", 1), dim_param: field("string", 2) } },
  },
});

export const ModelProto = messages.lookupType("ModelProto");

/** AttributeProto.AttributeType in onnx.proto. */
export const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, ints: 7 } as const;
