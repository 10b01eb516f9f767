import { type Piece, spend } from "./piece.ts";
import { refuse } from "./refuse.ts";
import { type Cursor, cursorAt, numberOf, readVarint } from "./wire.ts";

/** How protobuf's number types come out. */
export interface Numbers {
  float: Float32Array;
  double: Float64Array;
  int32: Int32Array;
  int64: BigInt64Array;
}

/**
 * The numbers of one field, packed or one by one.
 *
 * @param spans where they are: from, to, from, to ...
 * @throws ModelRefused where they are cut off, out of range, or more than the file may have
 */
export function readNumbers(
  type: keyof Numbers,
  piece: Piece,
  spans: readonly number[],
): Numbers[keyof Numbers] {
  if (spans.length === 0) return NONE[type];
  if (type === "float") return readFixed(Float32Array, piece, spans);
  if (type === "double") return readFixed(Float64Array, piece, spans);
  return readVarints(type, piece, spans);
}

/** Most tensors leave most fields out, and a typed array costs a microsecond. */
const NONE: Numbers = {
  float: new Float32Array(),
  double: new Float64Array(),
  int32: new Int32Array(),
  int64: new BigInt64Array(),
};

/**
 * The number of a field that is there once.
 *
 * @throws ModelRefused where it is out of range
 */
export function readNumber(type: keyof Numbers, { bytes, pointer }: Piece, from: number): number {
  const cursor = cursorAt(bytes, from);
  if (type === "float" || type === "double") {
    const view = new DataView(bytes.buffer, bytes.byteOffset + from);
    return type === "float" ? view.getFloat32(0, true) : view.getFloat64(0, true);
  }
  if (!readVarint(cursor, bytes.length)) refuse(pointer, CUT_OFF);
  if (type === "int32") return fitting(cursor, pointer);
  const number = numberOf(cursor);
  if (!Number.isSafeInteger(number)) refuse(pointer, `${number} is beyond 2^53: ${TOO_LARGE}`);
  return number;
}

const CUT_OFF = "its last number is cut off";
const TOO_LARGE = "no number here may be";

function fitting({ low, high }: Cursor, pointer: string): number {
  if (high !== low >> 31) refuse(pointer, "it holds a number that does not fit in 32 bits");
  return low;
}

/** Numbers on the wire are little-endian, as every machine is that onnxruntime-node exists for. */
function readFixed<T extends Float32Array | Float64Array>(
  Type: { new (length: number): T; BYTES_PER_ELEMENT: number },
  { bytes, pointer }: Piece,
  spans: readonly number[],
): T {
  let length = 0;
  for (let i = 0; i < spans.length; i += 2) length += spans[i + 1]! - spans[i]!;
  if (length % Type.BYTES_PER_ELEMENT !== 0) refuse(pointer, CUT_OFF);
  const numbers = new Type(length / Type.BYTES_PER_ELEMENT);
  const into = new Uint8Array(numbers.buffer);
  let at = 0;
  for (let i = 0; i < spans.length; i += 2) {
    const span = bytes.subarray(spans[i], spans[i + 1]);
    into.set(span, at);
    at += span.length;
  }
  return numbers;
}

function readVarints(
  type: "int32" | "int64",
  piece: Piece,
  spans: readonly number[],
): Int32Array | BigInt64Array {
  const { bytes, pointer, budget } = piece;
  const count = countVarints(bytes, spans);
  // Memory is taken only for what the budget allows: eight bytes for one of the file.
  spend(budget, count, pointer);
  const numbers = type === "int32" ? new Int32Array(count) : new BigInt64Array(count);
  const words = new Int32Array(numbers.buffer);
  const cursor = cursorAt(bytes, 0);
  let word = 0;
  for (let i = 0; i < spans.length; i += 2) {
    cursor.at = spans[i]!;
    while (cursor.at < spans[i + 1]!) {
      if (!readVarint(cursor, spans[i + 1]!)) refuse(pointer, CUT_OFF);
      words[word++] = type === "int64" ? cursor.low : fitting(cursor, pointer);
      if (type === "int64") words[word++] = cursor.high;
    }
  }
  return numbers;
}

/** The last byte of each varint is below 128. */
function countVarints(bytes: Uint8Array, spans: readonly number[]): number {
  let count = 0;
  for (let i = 0; i < spans.length; i += 2)
    for (let at = spans[i]!; at < spans[i + 1]!; at++) if (bytes[at]! < 0x80) count++;
  return count;
}

/** @throws ModelRefused for a whole number beyond ±2^53 */
export function exact(value: bigint, pointer: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) refuse(pointer, `${value} is beyond 2^53: ${TOO_LARGE}`);
  return number;
}
