import { type Column, type Fault, vocabularyOf } from "@descent/contracts";
import type { FoundModel } from "@descent/db";
import { pointerStep } from "../problem/pointer.ts";
import { classesOf } from "./name-predictions.ts";
import { readImage } from "./read-image.ts";

type Row = Record<string, unknown> | unknown[];
type Read = { faults: Fault[] } | { faults: null; inputs: Float32Array; shape: number[] };

/** More faults, and more values allowed, help nobody. */
const MAX_FAULTS = 100;
/** An answer of so many numbers is 20 MB of JSON. */
const MAX_PROBABILITIES = 1_000_000;

/** A feature, and what reads a value of it: the number that the model takes, or what is wrong. */
interface Feature {
  name: string;
  read(value: unknown): number | Omit<Fault, "pointer">;
}

/** Rows of a request as a model's input: numbers as they are, of a category the position of the value. */
export function readRows(
  rows: readonly Row[],
  found: Pick<FoundModel, "resolved" | "columns" | "shape">,
): Read {
  const { resolved, columns, shape } = found;
  const classes = classesOf(found)?.length ?? 1;
  const mostRows = Math.floor(MAX_PROBABILITIES / classes);
  if (rows.length > mostRows) {
    const message = `of ${classes} classes there are answers for at most ${mostRows} rows at once`;
    return { faults: [{ pointer: "/rows", message }] };
  }
  const most = largestIndex(resolved);
  const features = resolved.dataset.features.map((name) => {
    const column = columns.find((candidate) => candidate.name === name);
    if (column === undefined) throw new Error(`the data set has no column '${name}'`);
    return featureOf(column, most);
  });
  const faults: Fault[] = [];
  const numbers: number[] = [];
  for (const [index, row] of rows.entries()) {
    if (faults.length >= MAX_FAULTS) break;
    if (shape !== null) readImage(row, shape, most, `/rows/${index}`, numbers, faults);
    else readRow(row, features, `/rows/${index}`, numbers, faults);
  }
  if (faults.length > 0) return { faults: faults.slice(0, MAX_FAULTS) };
  return { faults: null, inputs: Float32Array.from(numbers), shape: shape ?? [features.length] };
}

/** An embedding takes whole numbers up to this; null where there is no embedding. */
function largestIndex({ model }: FoundModel["resolved"]): number | null {
  const vocabulary = vocabularyOf(model);
  return vocabulary === null ? null : vocabulary - 1;
}

function featureOf(column: Column, most: number | null): Feature {
  const { name } = column;
  if (column.kind === "category") {
    const positions = new Map(column.values.map((value, position) => [value, position]));
    const unknown = { message: "unknown value", ...listed(column.values) };
    return { name, read: (value) => positions.get(String(value)) ?? unknown };
  }
  return {
    name,
    read(value) {
      if (typeof value !== "number" || !Number.isFinite(Math.fround(value)))
        return { message: "must be a number that float32 holds" };
      if (most !== null && !(Number.isInteger(value) && value >= 0 && value <= most))
        return { message: `must be a whole number from 0 to ${most}: an embedding takes it` };
      return value;
    },
  };
}

function readRow(
  row: Row,
  features: readonly Feature[],
  at: string,
  numbers: number[],
  faults: Fault[],
): void {
  if (Array.isArray(row) && row.length !== features.length) {
    const message = `has ${row.length} values; the model takes ${features.length}`;
    faults.push({ pointer: at, message });
    return;
  }
  if (!Array.isArray(row)) refuseStrangers(row, features, at, faults);
  const values = Array.isArray(row) ? null : new Map(Object.entries(row));
  for (const [index, { name, read }] of features.entries()) {
    const value = values === null ? (row as unknown[])[index] : values.get(name);
    const number = value === undefined || value === null ? { message: "is missing" } : read(value);
    if (typeof number === "number") numbers.push(number);
    else
      faults.push({ pointer: `${at}/${pointerStep(values === null ? index : name)}`, ...number });
  }
}

function refuseStrangers(
  row: Record<string, unknown>,
  features: readonly Feature[],
  at: string,
  faults: Fault[],
): void {
  const names = features.map(({ name }) => name);
  const known = new Set(names);
  const strangers = Object.keys(row).filter((name) => !known.has(name));
  for (const name of strangers.slice(0, MAX_FAULTS))
    faults.push({
      pointer: `${at}/${pointerStep(name)}`,
      message: "is no feature of the job",
      ...listed(names),
    });
}

const listed = (allowed: string[]) => (allowed.length <= MAX_FAULTS ? { allowed } : {});
