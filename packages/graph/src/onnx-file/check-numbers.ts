import type { OnnxTensor } from "./onnx-file.ts";
import { refuse } from "./refuse.ts";

/**
 * Numbers are finite and truths 0 or 1. Only a number alone may be infinite, and not NaN either: the bound
 * of a Clip, the padding before a MaxPool, what masks attention.
 *
 * @throws ModelRefused with the place of the first that is not, one index per axis
 */
export function checkNumbers({ shape, data }: OnnxTensor, pointer: string): void {
  if (data instanceof Float32Array || data instanceof Float64Array) {
    const bad = firstUnsound(data, data.length === 1);
    if (bad >= 0) refuse(pointer, `its number ${placeOf(bad, shape)} is ${data[bad]}`);
  } else if (data instanceof Uint8Array) {
    const bad = data.findIndex((truth) => truth > 1);
    if (bad >= 0) refuse(pointer, `its number ${placeOf(bad, shape)} is neither 0 nor 1`);
  }
}

function firstUnsound(numbers: Float32Array | Float64Array, mayBeInfinite: boolean): number {
  // The sum is finite only if all numbers are, which nearly always they are: one addition for each.
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += numbers[i]!;
  if (Number.isFinite(sum)) return -1;
  return numbers.findIndex((number) =>
    mayBeInfinite ? Number.isNaN(number) : !Number.isFinite(number),
  );
}

function placeOf(index: number, shape: readonly number[]): string {
  const place: number[] = [];
  let rest = index;
  for (const length of shape.toReversed()) {
    place.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return `[${place.join(", ")}]`;
}
