import { isOverClasses, type Loss, nameOfLoss } from "@descent/contracts";
import { columnOf, missingValue } from "./column-of.ts";
import { MISSING_CODE, type Table } from "./table.ts";

/** A target with more classes than this is an identifier. */
export const MAX_CLASSES = 1000;

/** What the model is to predict, for every row: the position of its class, or its number. */
export type Target =
  | { classes: (string | number)[]; values: Int32Array }
  | { classes: null; values: Float64Array };

/**
 * Reads the target column of a job. A loss over classes takes a category column or a number column with
 * `classes` (binary_cross_entropy one of two classes), a loss over numbers a number column.
 *
 * @throws Error when the column does not fit the loss, or a row has no value
 */
export function encodeTarget(table: Table, name: string, loss: Loss): Target {
  const { profile, data } = columnOf(table, name);
  if (!isOverClasses(loss)) {
    if (data.kind !== "number")
      throw new Error(`${nameOfLoss(loss)} needs a number column; '${name}' is none`);
    const gap = data.values.findIndex(Number.isNaN);
    if (gap >= 0) throw missingValue(name, gap);
    return { classes: null, values: data.values };
  }
  if (profile.kind === "category" && data.kind === "category") {
    const classes = withinBounds(profile.values, name, loss);
    const gap = data.codes.indexOf(MISSING_CODE);
    if (gap >= 0) throw missingValue(name, gap);
    return { classes, values: Int32Array.from(data.codes) };
  }
  if (profile.kind === "number" && data.kind === "number" && profile.classes !== null) {
    const classes = withinBounds(profile.classes, name, loss);
    const positions = new Map(classes.map((value, position) => [value, position]));
    const values = Int32Array.from(data.values, (value, row) => {
      const position = positions.get(value);
      if (position === undefined) throw missingValue(name, row);
      return position;
    });
    return { classes, values };
  }
  throw new Error(
    `${nameOfLoss(loss)} needs a category column, or a number column of few whole values; '${name}' is neither`,
  );
}

function withinBounds<T>(classes: T[], name: string, loss: Loss): T[] {
  const most = nameOfLoss(loss) === "binary_cross_entropy" ? 2 : MAX_CLASSES;
  if (classes.length >= 2 && classes.length <= most) return classes;
  throw new Error(
    `column '${name}' cannot be a target for ${nameOfLoss(loss)}: it has ${classes.length || "no or too many"} classes, not 2${most > 2 ? ` to ${most}` : ""}`,
  );
}
