import { type Piece, spend } from "./piece.ts";
import { refuse } from "./refuse.ts";
import { cursorAt, readVarint } from "./wire.ts";

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
  if (type === "float") return readFixed(Float32Array, piece, spans);
  if (type === "double") return readFixed(Float64Array, piece, spans);
  return readVarints(type, piece, spans);
}

/** Numbers on the wire are little-endian, as every machine is that onnxruntime-node exists for. */
function readFixed<T extends Float32Array | Float64Array>(
  Type: { new (length: number): T; BYTES_PER_ELEMENT: number },
  { bytes, pointer }: Piece,
  spans: readonly number[],
): T {
  let length = 0;
  for (let i = 0; i < spans.length; i += 2) length += spans[i + 1]! - spans[i]!;
  if (length % Type.BYTES_PER_ELEMENT !== 0) refuse(pointer, "its last number is cut off");
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
      if (!readVarint(cursor, spans[i + 1]!)) refuse(pointer, "its last number is cut off");
      words[word++] = cursor.low;
      if (type === "int64") words[word++] = cursor.high;
      else if (cursor.high !== cursor.low >> 31)
        refuse(pointer, "it holds a number that does not fit in 32 bits");
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
export function exact(value: number | bigint, pointer: string): number {
  const number = Number(value);
  if (typeof value === "bigint" && !Number.isSafeInteger(number))
    refuse(pointer, `${value} is beyond 2^53, and no number here may be`);
  return number;
}
