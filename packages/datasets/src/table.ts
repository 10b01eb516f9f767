import type { DatasetProfile } from "@descent/contracts";

/** In a category column's codes: the row has no value. */
export const MISSING_CODE = 0xffffffff;

/**
 * One column's data, row by row. A number that is missing is NaN. A code is a position in the profile's
 * `values`; it is MISSING_CODE where the value is missing. A category column with too many different
 * values (`values` is empty although not every row is missing) has no codes. Pixels are unsigned bytes
 * [rows x channels x height x width].
 */
export type TableColumn =
  | { kind: "number"; values: Float64Array }
  | { kind: "category"; codes: Uint32Array }
  | { kind: "image"; pixels: Uint8Array };

/** A data set in memory: `columns` in the order of `profile.columns`. */
export interface Table {
  profile: DatasetProfile;
  columns: TableColumn[];
}
