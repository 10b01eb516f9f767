import { ONNX_MESSAGES } from "../onnx-messages.ts";
import { type Piece, spend } from "./piece.ts";
import { readName } from "./read-name.ts";
import { type Numbers, readNumber, readNumbers } from "./read-numbers.ts";
import { refuse } from "./refuse.ts";
import { type Cursor, cursorAt, numberOf, readVarint, WIRE } from "./wire.ts";

type MessageName = keyof typeof ONNX_MESSAGES;
type FieldsOf<M extends MessageName> = (typeof ONNX_MESSAGES)[M]["fields"];
type One<T> = T extends "string" ? string : T extends keyof Numbers ? number : Uint8Array;
type Many<T> = T extends keyof Numbers ? Numbers[T] : One<T>[];
type ValueOf<F> = F extends { rule: "repeated"; type: infer T }
  ? Many<T>
  : F extends { type: infer T }
    ? One<T> | undefined
    : never;

/** A repeated field that is not there is empty, another one undefined. */
type Fields<M extends MessageName, K extends keyof FieldsOf<M>> = {
  [N in K]: ValueOf<FieldsOf<M>[N]>;
};

interface FieldShape {
  name: string;
  type: string;
  repeated: boolean;
}

/** By message, then by the field's number. */
const SHAPES = new Map(
  Object.entries(ONNX_MESSAGES).map(([message, { fields }]) => [
    message,
    new Map<number, FieldShape>(
      Object.entries(fields).map(([name, { id, type, ...rest }]) => [
        id,
        { name, type, repeated: "rule" in rest },
      ]),
    ),
  ]),
);

/** Types that may be packed into one field; everything else has a length before it. */
const NUMBER_WIRE: Partial<Record<string, number>> = {
  float: WIRE.four,
  double: WIRE.eight,
  int32: WIRE.varint,
  int64: WIRE.varint,
  uint64: WIRE.varint,
};

/**
 * Takes fields out of one message. Messages within it stay bytes: how deep to go is decided by who reads
 * them and not by the file. Bytes are views, only numbers and texts are copied.
 *
 * @param take the fields wanted and how many of each there may be; the others are passed over
 * @throws ModelRefused where the bytes are no such message, have a field ONNX does not, or more than `take`
 */
export function readMessage<M extends MessageName, K extends keyof FieldsOf<M> & string>(
  message: M,
  piece: Piece,
  take: Record<K, number>,
): Fields<M, K> {
  const shapes = SHAPES.get(message)!;
  const most: Partial<Record<string, number>> = take;
  const spans = findFields(shapes, piece, most);
  const fields: Record<string, unknown> = {};
  for (const shape of shapes.values()) {
    const { name } = shape;
    if (most[name] !== undefined)
      fields[name] = contentsOf(shape, piece, spans.get(name) ?? [], most[name]);
  }
  return fields as Fields<M, K>;
}

/** Where the contents of each wanted field are: from, to, from, to ... */
function findFields(
  shapes: ReadonlyMap<number, FieldShape>,
  { bytes, pointer, budget }: Piece,
  take: Partial<Record<string, number>>,
): Map<string, number[]> {
  const found = new Map<string, number[]>();
  const cursor = cursorAt(bytes, 0);
  while (cursor.at < bytes.length) {
    spend(budget, 1, pointer);
    if (!readVarint(cursor, bytes.length) || cursor.high !== 0) refuse(pointer, DAMAGED);
    const tag = cursor.low >>> 0;
    const shape = shapes.get(tag >>> 3);
    if (shape === undefined) refuse(pointer, DAMAGED);
    const place = () => `${pointer}/${shape.name}`;
    const length = passContents(cursor, shape, tag & 7, place);
    const most = take[shape.name];
    if (most === undefined) continue;
    const spans = found.get(shape.name) ?? [];
    if (spans.length === 0) found.set(shape.name, spans);
    if (spans.length > 0 && !shape.repeated) refuse(place(), "the file has it twice");
    if (spans.length >= 2 * most) refuseMany(most, place());
    spans.push(cursor.at - length, cursor.at);
  }
  return found;
}

const FIXED_BYTES = { [WIRE.four]: 4, [WIRE.eight]: 8 };
const DAMAGED = "these are not the bytes of an ONNX file: it is damaged, or something else";

/** Moves behind what a tag announces, and says how many bytes that were. */
function passContents(
  cursor: Cursor,
  { type, repeated }: FieldShape,
  wire: number,
  place: () => string,
): number {
  const { bytes } = cursor;
  const unpacked = NUMBER_WIRE[type];
  const packed = wire === WIRE.length && (unpacked === undefined || repeated);
  if (wire !== unpacked && !packed) refuse(place(), DAMAGED);
  const from = cursor.at;
  const fixed = wire === WIRE.four || wire === WIRE.eight;
  if (!fixed && !readVarint(cursor, bytes.length)) refuse(place(), DAMAGED);
  if (wire === WIRE.varint) return cursor.at - from;
  const length = fixed ? FIXED_BYTES[wire] : numberOf(cursor);
  const left = bytes.length - cursor.at;
  if (length < 0 || length > left)
    refuse(place(), `it is ${length} bytes long, but only ${left} are there: is the file whole?`);
  cursor.at += length;
  return length;
}

function contentsOf(
  { name, type, repeated }: FieldShape,
  piece: Piece,
  spans: readonly number[],
  most: number,
): unknown {
  const place = { ...piece, pointer: `${piece.pointer}/${name}` };
  if (type in NUMBER_WIRE) {
    if (!repeated)
      return spans[0] === undefined
        ? undefined
        : readNumber(type as keyof Numbers, place, spans[0]);
    const numbers = readNumbers(type as keyof Numbers, place, spans);
    if (numbers.length > most) refuseMany(most, place.pointer);
    return numbers;
  }
  const values: (string | Uint8Array)[] = [];
  for (let i = 0; i < spans.length; i += 2) {
    const bytes = piece.bytes.subarray(spans[i], spans[i + 1]);
    values.push(type === "string" ? readName(bytes, place.pointer) : bytes);
  }
  return repeated ? values : values[0];
}

function refuseMany(most: number, pointer: string): never {
  refuse(pointer, `there are more than ${most}, which are the most that are read`);
}
