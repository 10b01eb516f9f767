import { checkNames } from "./check-names.ts";
import { LIMITS } from "./limits.ts";
import type { OnnxFile, OnnxNode, OnnxTensor, OnnxValue } from "./onnx-file.ts";
import { orderNodes } from "./order-nodes.ts";
import { inside, type Piece } from "./piece.ts";
import { readMessage } from "./read-message.ts";
import { readNode } from "./read-node.ts";
import { readTensor } from "./read-tensor.ts";
import { readValue } from "./read-value.ts";
import { forEachSound, quoted, refuse, step } from "./refuse.ts";

/**
 * A GraphProto, its nodes in an order in which they can run.
 *
 * @throws ModelRefused with the faults of all its nodes, tensors or values
 */
export function readGraph(
  piece: Piece,
): Pick<OnnxFile, "nodes" | "initialisers" | "inputs" | "outputs"> {
  const { pointer } = piece;
  const proto = readMessage("GraphProto", piece, {
    ...{
      node: LIMITS.nodes,
      initializer: LIMITS.initialisers,
      sparse_initializer: LIMITS.initialisers,
    },
    ...{ input: LIMITS.values, output: LIMITS.values },
  });
  if (proto.node.length === 0) refuse(`${pointer}/node`, "the graph has no nodes");
  if (proto.output.length === 0) refuse(`${pointer}/output`, "the graph has no outputs");
  if (proto.sparse_initializer.length > 0)
    refuse(`${pointer}/sparse_initializer`, "sparse tensors are not read: store all their numbers");

  const nodes: OnnxNode[] = [];
  forEachSound(proto.node, (bytes, i) => nodes.push(readNode(inside(piece, `/node/${i}`, bytes))));
  const inputs = readValues(piece, "input", proto.input);
  const outputs = readValues(piece, "output", proto.output);
  const initialisers = new Map<string, OnnxTensor>();
  forEachSound(proto.initializer, (bytes, i) => {
    const name = nameOfTensor(inside(piece, `/initializer/${i}`, bytes));
    if (initialisers.has(name))
      refuse(`${pointer}/initializer/${i}/name`, `${quoted(name)} is there twice`);
    initialisers.set(name, readTensor(inside(piece, `/initializer${step(name)}`, bytes)));
  });

  const given = new Map([
    ...inputs.map((input) => [input.name, input.pointer] as const),
    ...initialisers.keys().map((name) => [name, `${pointer}/initializer${step(name)}`] as const),
  ]);
  checkNames(nodes, outputs, given);
  return {
    nodes: orderNodes(nodes),
    initialisers,
    inputs: inputs.filter(({ name }) => !initialisers.has(name)),
    outputs,
  };
}

function readValues(piece: Piece, field: "input" | "output", values: Uint8Array[]): OnnxValue[] {
  const byName = new Map<string, OnnxValue>();
  forEachSound(values, (bytes, i) => {
    const value = readValue(inside(piece, `/${field}/${i}`, bytes));
    const other = byName.get(value.name);
    if (other !== undefined)
      refuse(value.pointer, `${quoted(value.name)} is there twice, at ${other.pointer} too`);
    byName.set(value.name, value);
  });
  return [...byName.values()];
}

function nameOfTensor(piece: Piece): string {
  const { name = "" } = readMessage("TensorProto", piece, { name: 1 });
  if (name === "") refuse(`${piece.pointer}/name`, "a tensor has no name");
  return name;
}
