import type { Column, DatasetProfile, Fault } from "@descent/contracts";
import { MAX_CATEGORIES } from "@descent/datasets";

/** One row is a vector of at most this many numbers. */
const MAX_WIDTH = 100_000;

/**
 * The shape of one sample: [channels, height, width] for images; for tables [numbers], where a category
 * column gives one number per value. Null when it is not known or too large, with the reason in `faults`.
 */
export function countInputs(
  { shape }: Pick<DatasetProfile, "shape">,
  features: Column[] | null,
  faults: Fault[],
): number[] | null {
  if (features === null || features.length === 0) return null;
  if (shape !== null) return imageShape(shape, features, faults);
  const before = faults.length;
  let width = 0;
  let widest = { name: "", values: 0 };
  for (const column of features) {
    const values = column.kind === "category" ? column.values.length : 1;
    if (values === 0)
      faults.push({
        pointer: "/dataset/features",
        message: `column "${column.name}" has no values or more than ${MAX_CATEGORIES}; leave it out`,
      });
    if (values > widest.values) widest = { name: column.name, values };
    width += values;
  }
  if (width > MAX_WIDTH)
    faults.push({
      pointer: "/dataset/features",
      message: `one row would be ${width} numbers, at most ${MAX_WIDTH} are accepted; column "${widest.name}" alone gives ${widest.values}`,
    });
  return faults.length > before ? null : [width];
}

function imageShape(shape: number[], features: Column[], faults: Fault[]): number[] | null {
  const [only] = features;
  if (features.length === 1 && only?.kind === "image") return shape;
  const message = "a data set of images has one feature";
  faults.push({ pointer: "/dataset/features", message, allowed: ["image"] });
  return null;
}
