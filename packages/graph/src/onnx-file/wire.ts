/*
 * The wire format of protobuf, as far as ONNX uses it:
 * https://protobuf.dev/programming-guides/encoding/
 */

/** How a field's bytes are to be read: the last three bits of its tag. Groups (3 and 4) are in no ONNX file. */
export const WIRE = { varint: 0, eight: 1, length: 2, four: 5 } as const;

/** A place in bytes. Reading a varint leaves its 64 bits in `low` and `high`, both signed. */
export interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
  low: number;
  high: number;
}

/** A reader of the bytes that stands at a place of them. */
export function cursorAt(bytes: Uint8Array, at: number): Cursor {
  return { bytes, at, low: 0, high: 0 };
}

/** Ten times seven bits hold 64. */
const LONGEST_VARINT = 10;

/**
 * Reads a varint and moves behind it.
 *
 * @param end where its bytes must have ended
 * @returns false where no varint ends there
 */
export function readVarint(cursor: Cursor, end: number): boolean {
  const { bytes } = cursor;
  let low = 0;
  let high = 0;
  const last = Math.min(end, cursor.at + LONGEST_VARINT);
  for (let at = cursor.at, shift = 0; at < last; at++, shift += 7) {
    const byte = bytes[at]!;
    const bits = byte & 0x7f;
    if (shift < 32) low |= bits << shift;
    // Of the fifth group four bits belong to the low word.
    if (shift === 28) high |= bits >>> 4;
    else if (shift > 28) high |= bits << (shift - 32);
    if (byte >= 0x80) continue;
    cursor.at = at + 1;
    cursor.low = low;
    cursor.high = high;
    return true;
  }
  return false;
}

/** The varint that was read as a number, exact or beyond ±2^53. */
export function numberOf({ low, high }: Cursor): number {
  return high * 2 ** 32 + (low >>> 0);
}
