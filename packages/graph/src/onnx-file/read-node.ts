import { LIMITS } from "./limits.ts";
import type { OnnxAttribute, OnnxNode } from "./onnx-file.ts";
import { inside, type Piece } from "./piece.ts";
import { readAttribute } from "./read-attribute.ts";
import { readMessage } from "./read-message.ts";
import { quoted, refuse } from "./refuse.ts";

/**
 * A NodeProto.
 *
 * @throws ModelRefused where it has no operator or no output, or an attribute that is not read
 */
export function readNode(piece: Piece): OnnxNode {
  const { pointer } = piece;
  const proto = readMessage("NodeProto", piece, {
    ...{ op_type: 1, domain: 1, name: 1, attribute: LIMITS.attributes },
    ...{ input: LIMITS.nodeValues, output: LIMITS.nodeValues },
  });
  const { op_type: op = "", name = "", input: inputs, output: outputs } = proto;
  if (op === "") refuse(`${pointer}/op_type`, "the node names no operator");
  if (outputs.every((output) => output === ""))
    refuse(`${pointer}/output`, `the node (${quoted(op)}) gives nothing`);
  const attributes = new Map<string, OnnxAttribute>();
  for (const [i, bytes] of proto.attribute.entries()) {
    const [key, value] = readAttribute(inside(piece, `/attribute/${i}`, bytes), pointer);
    if (attributes.has(key)) refuse(`${pointer}/attribute/${i}`, `${quoted(key)} is there twice`);
    attributes.set(key, value);
  }
  return {
    domain: plainDomain(proto.domain ?? ""),
    op,
    name,
    inputs,
    outputs,
    attributes,
    pointer,
  };
}

/** ONNX's own operators have two names for their domain. */
export function plainDomain(domain: string): string {
  return domain === "ai.onnx" ? "" : domain;
}
