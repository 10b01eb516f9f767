import { elements } from "./shapes.ts";

/** How a row of the data becomes one of the file's: as it is, its numbers in order, or channels last. */
export type Arrangement = "same" | "reshaped" | "channels_last";

/**
 * How a model of another origin takes a row. Numbers keep their order ([64] as [1, 8, 8], an image of one
 * channel as [height, width, 1]), but an image of several channels goes to a model of [height, width, channels]
 * with its channels last.
 *
 * @param data [features] or [channels, height, width]
 * @param file the shape of one row that the file states
 * @returns null where the two do not hold as many numbers
 */
export function arrange(data: readonly number[], file: readonly number[]): Arrangement | null {
  if (elements(data) !== elements(file)) return null;
  if (equal(data, file)) return "same";
  const [channels, height, width] = data;
  if (data.length === 3 && channels !== 1 && equal(file, [height!, width!, channels!]))
    return "channels_last";
  return "reshaped";
}

const equal = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((length, axis) => length === b[axis]);
