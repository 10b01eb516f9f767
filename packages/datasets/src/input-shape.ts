import type { DatasetProfile } from "@descent/contracts";

/**
 * The shape of one sample: [channels, height, width] for images; for tables [numbers], where a number
 * column gives one and a category column one per value.
 *
 * @throws Error when a feature is not in the data set or cannot be one, as a category with too many values
 */
export function inputShape(profile: DatasetProfile, features: readonly string[]): number[] {
  if (profile.shape !== null) {
    if (features.length !== 1 || features[0] !== "image")
      throw new Error("a data set of images has one feature, 'image'");
    return profile.shape;
  }
  const columns = new Map(profile.columns.map((column) => [column.name, column]));
  let width = 0;
  for (const name of features) {
    const column = columns.get(name);
    if (column === undefined) throw new Error(`the data set has no column '${name}'`);
    if (column.kind === "number") width += 1;
    else if (column.kind === "category" && column.values.length > 0) width += column.values.length;
    else throw new Error(`column '${name}' cannot be a feature: its values are none or too many`);
  }
  if (width === 0) throw new Error("a job needs at least one feature");
  return [width];
}
