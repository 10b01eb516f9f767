import type { Fault } from "@descent/contracts";
import { pointerStep } from "../problem/pointer.ts";

/**
 * Reads the pixels of an image, `[channels][height][width]` or `{ image: … }`, onto the end of `numbers`.
 *
 * @param most what an embedding takes at most; null where there is none
 */
export function readImage(
  row: unknown,
  shape: readonly number[],
  most: number | null,
  at: string,
  numbers: number[],
  faults: Fault[],
): void {
  const isPixel = (value: unknown) =>
    typeof value === "number" &&
    value >= 0 &&
    value <= Math.min(most ?? 255, 255) &&
    (most === null || Number.isInteger(value));
  const wanted = `must be a ${most === null ? "" : "whole "}number from 0 to ${Math.min(most ?? 255, 255)}`;

  /** The first fault; one wrong shape would make thousands. */
  const read = (value: unknown, depth: number, place: string): Fault | null => {
    const length = shape[depth]!;
    if (!Array.isArray(value) || value.length !== length)
      return { pointer: place, message: `must be an array of ${length}` };
    for (const [index, part] of value.entries()) {
      if (depth < shape.length - 1) {
        const fault = read(part, depth + 1, `${place}/${index}`);
        if (fault) return fault;
      } else if (isPixel(part)) numbers.push(part);
      else return { pointer: `${place}/${index}`, message: wanted };
    }
    return null;
  };

  const { image, ...others } = Array.isArray(row)
    ? { image: row }
    : (row as Record<string, unknown>);
  const [stranger] = Object.keys(others);
  const fault =
    stranger === undefined
      ? read(image, 0, Array.isArray(row) ? at : `${at}/image`)
      : {
          pointer: `${at}/${pointerStep(stranger)}`,
          message: "is no feature of the job",
          allowed: ["image"],
        };
  if (fault) faults.push(fault);
}
