import protobuf from "protobufjs/light.js";
import { ATTRIBUTE_TYPES, ModelProto, ONNX_MESSAGES } from "../onnx-messages.ts";
import { LIMITS } from "./limits.ts";
import type { OnnxFile, OnnxNode } from "./onnx-file.ts";
import { inside, type Piece } from "./piece.ts";
import { keyOf } from "./prepare-nodes.ts";
import { readMessage } from "./read-message.ts";

/** The fields and their numbers that a file is put together from again; what they hold stays as it was. */
const MODEL = ONNX_MESSAGES.ModelProto.fields;
const GRAPH = ONNX_MESSAGES.GraphProto.fields;
const NODE = ModelProto.root.lookupType("NodeProto");

/**
 * The file without what does not lead to one value, which becomes its one output: other outputs, such as
 * labels, may be made by anything, at any cost. What behaves differently in training is put into inference.
 *
 * @param file as readOnnx read the same bytes
 */
export function cutFile(bytes: Uint8Array, file: OnnxFile, output: string): Uint8Array {
  const whole: Piece = { bytes, pointer: "", budget: { entries: LIMITS.entries } };
  const model = readMessage("ModelProto", whole, {
    ...{ ir_version: 1, graph: 1, opset_import: LIMITS.operatorSets },
  });
  const graph = readMessage("GraphProto", inside(whole, "/graph", model.graph!), {
    ...{ node: LIMITS.nodes, initializer: LIMITS.initialisers, input: LIMITS.values },
  });
  const wanted = new Set([output]);
  const nodes = file.nodes.toReversed().filter(({ inputs, outputs }) => {
    const isWanted = outputs.some((name) => wanted.has(name));
    if (isWanted) for (const name of inputs) wanted.add(name);
    return isWanted;
  });
  const place = ({ pointer }: { pointer: string }) => Number(pointer.split("/").at(-1));
  const tensors = [...file.initialisers.keys()];
  const inputs = file.inputs.filter(({ name }) => wanted.has(name));

  const inner = protobuf.Writer.create();
  const put = (field: { id: number }, part: Uint8Array) =>
    inner.uint32((field.id << 3) | 2).bytes(part);
  for (const node of nodes.reverse())
    put(GRAPH.node, inInference(node) ?? graph.node[place(node)]!);
  inner.uint32((GRAPH.name.id << 3) | 2).string("cut");
  for (const [i, name] of tensors.entries())
    if (wanted.has(name)) put(GRAPH.initializer, graph.initializer[i]!);
  for (const input of inputs) put(GRAPH.input, graph.input[place(input)]!);
  put(GRAPH.output, outputProto(output));

  const outer = protobuf.Writer.create();
  outer.uint32(MODEL.ir_version.id << 3).uint32(model.ir_version!);
  for (const set of model.opset_import) outer.uint32((MODEL.opset_import.id << 3) | 2).bytes(set);
  return outer
    .uint32((MODEL.graph.id << 3) | 2)
    .bytes(inner.finish())
    .finish();
}

/** As a file that was exported for training is to run without one; null where the node stays. */
function inInference(node: OnnxNode): Uint8Array | null {
  const { name, inputs, outputs, attributes } = node;
  const key = keyOf(node);
  if (key === "Dropout")
    return NODE.encode({
      ...{ name, op_type: "Identity", input: [inputs[0]!], output: [outputs[0]!] },
    }).finish();
  if (key !== "BatchNormalization" || attributes.get("training_mode") !== 1) return null;
  const epsilon = attributes.get("epsilon");
  const attribute =
    typeof epsilon === "number"
      ? [{ name: "epsilon", f: epsilon, type: ATTRIBUTE_TYPES.float }]
      : [];
  return NODE.encode({
    ...{ name, op_type: "BatchNormalization", input: inputs, output: [outputs[0]!], attribute },
  }).finish();
}

function outputProto(name: string): Uint8Array {
  return ModelProto.root
    .lookupType("ValueInfoProto")
    .encode({ name, type: { tensor_type: { elem_type: 1 } } })
    .finish();
}
