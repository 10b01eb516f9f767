import type { Precision } from "@descent/contracts";
import type { Comparison } from "../language/syntax.ts";
import { simd } from "./encode.ts";

/** SIMD opcodes by lane type (WebAssembly core specification 2.0, vector instructions). */
export const LANES = {
  float32: {
    splatLoad: 0x09,
    abs: 0xe0,
    neg: 0xe1,
    sqrt: 0xe3,
    "+": 0xe4,
    "-": 0xe5,
    "*": 0xe6,
    "/": 0xe7,
    min: 0xe8,
    max: 0xe9,
  },
  float64: {
    splatLoad: 0x0a,
    abs: 0xec,
    neg: 0xed,
    sqrt: 0xef,
    "+": 0xf0,
    "-": 0xf1,
    "*": 0xf2,
    "/": 0xf3,
    min: 0xf4,
    max: 0xf5,
  },
} as const;

export const COMPARE: Record<Precision, Record<Comparison, number>> = {
  float32: { "==": 0x41, "!=": 0x42, "<": 0x43, ">": 0x44, "<=": 0x45, ">=": 0x46 },
  float64: { "==": 0x47, "!=": 0x48, "<": 0x49, ">": 0x4a, "<=": 0x4b, ">=": 0x4c },
};

export const LOAD = 0x00;
export const STORE = 0x0b;
export const AND = simd(0x4e);
/** (a, b, mask) -> a where the mask's bits are set, else b. */
export const BITSELECT = simd(0x52);
/** Two float32 of the low half, as doubles. */
export const PROMOTE_LOW = simd(0x5f);
/** The high half of a vector twice. */
export const HIGH_HALF = [
  ...simd(0x0d),
  ...[8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15],
];
export const extractDouble = (lane: 0 | 1): number[] => [...simd(0x21), lane];

/** v128.const with the number in every lane, rounded to the precision. */
export function splat(value: number, precision: Precision): number[] {
  const lanes = precision === "float32" ? new Float32Array(4) : new Float64Array(2);
  return [...simd(0x0c), ...new Uint8Array(lanes.fill(value).buffer)];
}
