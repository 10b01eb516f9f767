import { ELEMENT_TYPES } from "./append-nodes.ts";
import type { AnyGraph, BlockedOps, Body, Constant, Node, Op, Value } from "./graph.ts";
import { ATTRIBUTE_TYPES, GraphProto, ModelProto } from "./onnx-messages.ts";

/** Operator set 18 gave ReduceSum, ScatterElements and Shape the forms used here; IR version 8 belongs to it. */
const OPSET = 18;
const IR_VERSION = 8;

/**
 * The graph as the bytes of an ONNX file.
 *
 * @param outputs the values of the graph to give back, under their own names
 * @param version of Descent, where it is worth telling
 * @param metadata what else the file is to say
 */
export function encodeOnnx(
  graph: AnyGraph,
  outputs: readonly Value[],
  { version = "", metadata = {} }: { version?: string; metadata?: Record<string, string> } = {},
): Uint8Array {
  const nodes = nodesWithin(graph);
  return ModelProto.encode({
    ir_version: IR_VERSION,
    producer_name: "descent",
    producer_version: version,
    opset_import: [
      { domain: "", version: OPSET },
      ...(nodes.some(({ op }) => op in BLOCKED_OPS)
        ? [{ domain: BLOCKED_DOMAIN, version: 1 }]
        : []),
    ],
    graph: graphProto(graph, outputs),
    metadata_props: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  }).finish();
}

function graphProto(graph: AnyGraph, outputs: readonly Value[], name = "descent"): object {
  const nodes: readonly Node[] = graph.nodes;
  const used = new Set([...outputs, ...nodesWithin(graph).flatMap((node) => node.inputs)]);
  return {
    name,
    node: nodes.map((node) => nodeProto(node, used)),
    initializer: graph.constants.map(tensorProto),
    input: graph.inputs.map(valueProto),
    output: outputs.map(valueProto),
  };
}

/** The nodes of a graph and of the bodies inside it. */
function nodesWithin(graph: AnyGraph): Node[] {
  const nodes: readonly Node[] = graph.nodes;
  return nodes.flatMap((node) =>
    node.op === "Scan" ? [node, ...nodesWithin(node.attributes.body.graph)] : node,
  );
}

/** What onnxruntime calls its operators on blocks of channels. */
const BLOCKED_DOMAIN = "com.microsoft.nchwc";
const BLOCKED_OPS: Record<keyof BlockedOps, string> = {
  BlockInput: "ReorderInput",
  BlockOutput: "ReorderOutput",
  BlockedConv: "Conv",
  BlockedMaxPool: "MaxPool",
  BlockedGlobalAveragePool: "GlobalAveragePool",
};

/** Outputs nobody reads are left out at the end: MaxPool is faster when it need not give the indices. */
function nodeProto(node: Node, used: ReadonlySet<Value>) {
  const last = node.outputs.findLastIndex((output) => used.has(output));
  return {
    op_type: (BLOCKED_OPS as Partial<Record<Op, string>>)[node.op] ?? node.op,
    domain: node.op in BLOCKED_OPS ? BLOCKED_DOMAIN : "",
    name: node.outputs[0]!.name,
    input: node.inputs.map((input) => input.name),
    output: node.outputs.slice(0, Math.max(last, 0) + 1).map((output) => output.name),
    attribute: Object.entries(node.attributes).map(attributeProto),
  };
}

/** The attributes that are float32; a whole number in one of them is no integer. */
const FLOAT_ATTRIBUTES: readonly string[] = ["alpha", "beta"];

function attributeProto([name, value]: [string, number | readonly number[] | string | Body]) {
  if (typeof value === "number" && FLOAT_ATTRIBUTES.includes(name))
    return { name, f: value, type: ATTRIBUTE_TYPES.float };
  if (typeof value === "number") return { name, i: value, type: ATTRIBUTE_TYPES.int };
  if (typeof value === "string")
    return { name, s: new TextEncoder().encode(value), type: ATTRIBUTE_TYPES.string };
  if ("graph" in value) {
    const g = GraphProto.encode(graphProto(value.graph, value.outputs, name)).finish();
    return { name, g, type: ATTRIBUTE_TYPES.graph };
  }
  return { name, ints: value, type: ATTRIBUTE_TYPES.ints };
}

/** Raw data is little-endian, as every machine is that onnxruntime-node exists for. */
function tensorProto({ value, data }: Constant) {
  return {
    name: value.name,
    dims: value.shape,
    data_type: ELEMENT_TYPES[value.type],
    raw_data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

function valueProto({ name, type, shape }: Value) {
  const dim = shape.map((axis) => (axis === "rows" ? { dim_param: axis } : { dim_value: axis }));
  return { name, type: { tensor_type: { elem_type: ELEMENT_TYPES[type], shape: { dim } } } };
}
