import { ATTRIBUTE_TYPES } from "../onnx-messages.ts";
import { LIMITS } from "./limits.ts";
import type { OnnxAttribute } from "./onnx-file.ts";
import { inside, type Piece } from "./piece.ts";
import { readMessage } from "./read-message.ts";
import { readText } from "./read-name.ts";
import { exact } from "./read-numbers.ts";
import { readTensor } from "./read-tensor.ts";
import { quoted, refuse, step } from "./refuse.ts";

const NUMBERS = LIMITS.attributeNumbers;
/** Of what is refused, one is enough to be told. */
const FEW = LIMITS.attributes;

/**
 * An AttributeProto and its name. The piece is pointed at by its place, what is wrong in it by its name.
 *
 * @throws ModelRefused where it is no number, text, list of them, or tensor
 */
export function readAttribute(piece: Piece, node: string): [string, OnnxAttribute] {
  const proto = readMessage("AttributeProto", piece, {
    ...{ name: 1, type: 1, ref_attr_name: 1, f: 1, i: 1, s: 1, t: 1, g: 1 },
    ...{ floats: NUMBERS, ints: NUMBERS, strings: LIMITS.attributeTexts, graphs: FEW },
  });
  const { name = "", type } = proto;
  if (name === "") refuse(`${piece.pointer}/name`, "an attribute has no name");
  const pointer = `${node}/attribute${step(name)}`;
  if (proto.g !== undefined || proto.graphs.length > 0 || type === ATTRIBUTE_TYPES.graph)
    refuse(pointer, `${quoted(name)} is a graph of its own (of an If, a Loop or a Scan): not read`);
  if (proto.ref_attr_name !== undefined)
    refuse(pointer, "it stands for the attribute of a function, and functions are not read");
  const { f = 0, i = 0, s = new Uint8Array(), t, floats, ints, strings } = proto;
  switch (type) {
    case ATTRIBUTE_TYPES.float:
      if (Number.isNaN(f)) refuse(pointer, "it is NaN");
      return [name, f];
    case ATTRIBUTE_TYPES.int:
      return [name, i];
    case ATTRIBUTE_TYPES.string:
      return [name, readAttributeText(s, pointer)];
    case ATTRIBUTE_TYPES.tensor:
      if (t === undefined) refuse(pointer, "its tensor is missing");
      return [name, readTensor(inside({ ...piece, pointer }, "/t", t))];
    case ATTRIBUTE_TYPES.floats:
      return [name, finite(floats, pointer)];
    case ATTRIBUTE_TYPES.ints:
      return [name, Array.from(ints, (value) => exact(value, pointer))];
    case ATTRIBUTE_TYPES.strings:
      return [name, strings.map((text) => readAttributeText(text, pointer))];
    default:
      refuse(`${pointer}/type`, `attributes of type ${type ?? 0} are not read`, TYPES);
  }
}

const TYPES = Object.values(ATTRIBUTE_TYPES).filter((type) => type !== ATTRIBUTE_TYPES.graph);

/** Lists of numbers are weights: those of scikit-learn's linear models. */
function finite(floats: Float32Array, pointer: string): number[] {
  const bad = floats.findIndex((number) => !Number.isFinite(number));
  if (bad >= 0) refuse(pointer, `its number [${bad}] is ${floats[bad]}`);
  return Array.from(floats);
}

function readAttributeText(bytes: Uint8Array, pointer: string): string {
  const most = LIMITS.attributeText;
  if (bytes.length > most)
    refuse(pointer, `a text of it is ${bytes.length} bytes long, and ${most} are the most`);
  return readText(bytes, pointer);
}
