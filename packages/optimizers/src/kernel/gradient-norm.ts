import { BYTES, type Precision } from "./emit.ts";
import { at, encodeModule, I32, signed, simd, V128 } from "./encode.ts";

const LOAD64_ZERO = 0x5d;
const PROMOTE_LOW = 0x5f;
const F64X2 = { extract: 0x21, add: 0xf0, multiply: 0xf2 };

/**
 * A module `run(count in bytes) -> sum of squares` over the array at byte `offset`, added up in doubles,
 * two lanes of two accumulators: 16 bytes of float32 (or 32 of float64) a turn.
 */
export function emitSumOfSquares(offset: number, precision: Precision): Uint8Array<ArrayBuffer> {
  const half = precision === "float32" ? 8 : 16;
  const square = (shift: number, accumulator: number) => {
    const load =
      precision === "float32"
        ? [...simd(LOAD64_ZERO), ...at(offset + shift, 3), ...simd(PROMOTE_LOW)]
        : [...simd(0x00), ...at(offset + shift)];
    return [
      ...[0x20, 1, ...load, 0x22, 2, 0x20, 2, ...simd(F64X2.multiply)],
      ...[0x20, accumulator, ...simd(F64X2.add), 0x21, accumulator],
    ];
  };
  const lane = (accumulator: number, index: number) => [
    ...[0x20, accumulator, ...simd(F64X2.extract), index],
  ];
  const body = [
    ...[0x20, 0, 0x45, 0x04, 0x40, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x0f, 0x0b],
    ...[0x03, 0x40, ...square(0, 3), ...square(half, 4)],
    ...[0x20, 1, 0x41, ...signed(2 * half), 0x6a, 0x22, 1, 0x20, 0, 0x49, 0x0d, 0, 0x0b],
    ...[...lane(3, 0), ...lane(3, 1), 0xa0, ...lane(4, 0), 0xa0, ...lane(4, 1), 0xa0],
  ];
  const locals = [
    { type: I32, count: 1 },
    { type: V128, count: 3 },
  ];
  return encodeModule(body, locals, true);
}

/** Arrays are padded to this many bytes, so that every loop ends on a whole turn. */
export const PADDING = 64;
export const padded = (count: number, precision: Precision): number =>
  Math.ceil((count * BYTES[precision]) / PADDING) * PADDING;
