import type { Column, DatasetProfile, Fault, JobSpec } from "@descent/contracts";

/** A fault names at most this many columns. */
const MAX_NAMED = 50;

export interface ChosenColumns {
  target: Column | null;
  features: Column[] | null;
}

/**
 * The target (default: the last column) and the features (default: all others), each without missing
 * values. What could not be chosen is null, with its fault in `faults`.
 */
export function chooseColumns(
  spec: JobSpec["dataset"],
  { columns }: DatasetProfile,
  faults: Fault[],
): ChosenColumns {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const find = (name: string, pointer: string): Column | null => {
    const column = byName.get(name);
    if (column) return column;
    const allowed = columns.slice(0, MAX_NAMED).map((each) => each.name);
    faults.push({ pointer, message: `the data set has no column "${name}"`, allowed });
    return null;
  };

  const target =
    spec.target === undefined ? (columns.at(-1) ?? null) : find(spec.target, "/dataset/target");
  if (target) refuseMissing(target, "/dataset/target", faults);
  if (target?.kind === "image") {
    const allowed = columns.flatMap(({ kind, name }) => (kind === "image" ? [] : [name]));
    faults.push({ pointer: "/dataset/target", message: "images cannot be the target", allowed });
  }

  const given = spec.features?.map((name, index) => find(name, `/dataset/features/${index}`));
  const features = given ?? columns.filter((column) => column !== target);
  if (features.length === 0)
    faults.push({ pointer: "/dataset/features", message: "no column is left to be a feature" });
  for (const [index, column] of features.entries()) {
    const pointer = given ? `/dataset/features/${index}` : "/dataset/features";
    if (column && column === target)
      faults.push({
        pointer,
        message: `"${column.name}" is the target; it cannot be a feature too`,
      });
    else if (column) refuseMissing(column, pointer, faults);
  }
  return { target, features: features.every((column) => column !== null) ? features : null };
}

function refuseMissing(column: Column, pointer: string, faults: Fault[]): void {
  if (column.missing === 0) return;
  const first = column.kind === "image" ? null : column.first_missing_row;
  const where = first === null ? "" : `, the first in row ${first}`;
  const message = `column "${column.name}" has ${column.missing} missing ${column.missing === 1 ? "value" : "values"}${where}; leave the column out or fill them in`;
  faults.push({ pointer, message });
}
