import type { FileProblem } from "@descent/contracts";
import { MAX_PROBLEMS, type Place, problemAt } from "./file-fault.ts";
import { append, createGrowingArray, type GrowingArray } from "./growing-array.ts";
import { decodeText, MISSING_TEXTS, quoteValue, readNumber } from "./read-field.ts";
import { MISSING_CODE } from "./table.ts";

/** More different values than this are no category: the column is kept in the profile, without values. */
export const MAX_CATEGORIES = 10_000;
const MAX_CATEGORY_CHARACTERS = 2 ** 20;

/** Whole numbers with at most this many different values may also be classes. */
const MAX_NUMBER_CLASSES = 100;

/**
 * A column while its rows arrive. `kind` is null until the first value that is not missing; that value
 * decides how the column is stored for now. Whether that was right is known at the end (`decidedKind`).
 */
export interface ColumnInProgress {
  name: string;
  kind: "number" | "category" | null;
  missing: number;
  firstMissingRow: number | null;
  present: number;
  /** How many of the `present` values are numbers. */
  numbers: number;
  values: GrowingArray<Float64Array>;
  /** Different whole values; null once they are too many or not whole. */
  wholeValues: Set<number> | null;
  /** What does not belong into a column of numbers, the first ones. */
  strangers: FileProblem[];
  codes: GrowingArray<Uint32Array>;
  categories: Categories;
}

/** Different values in order of appearance; `raw` is null once they are too many. */
interface Categories {
  raw: Map<string, number> | null;
  texts: string[];
  isNumber: boolean[];
  characters: number;
}

export function startColumn(name: string, kind: "number" | "category" | null): ColumnInProgress {
  return {
    name,
    kind,
    missing: 0,
    firstMissingRow: null,
    present: 0,
    numbers: 0,
    values: createGrowingArray((length) => new Float64Array(length)),
    wholeValues: new Set(),
    strangers: [],
    codes: createGrowingArray((length) => new Uint32Array(length)),
    categories: { raw: new Map(), texts: [], isNumber: [], characters: 0 },
  };
}

/**
 * Adds one trimmed latin1 field. Faults of the text itself go to `problems`; a value that is no number
 * waits in `strangers`, since the column may turn out to be a category.
 */
export function addField(
  column: ColumnInProgress,
  field: string,
  at: Place,
  problems: FileProblem[],
): void {
  if (column.kind === null && !MISSING_TEXTS.has(field)) {
    column.kind = Number.isNaN(readNumber(field)) ? "category" : "number";
    // All rows before were missing: store them now that it is known how.
    for (let i = 0; i < column.missing; i++) storeMissing(column);
  }
  if (column.kind === "number") addNumber(column, field, at);
  else if (column.kind === "category") addCategory(column, field, at, problems);
  else addMissing(column, at.row);
}

/** The kind by the rule: a number column when at least half of the values present are numbers. */
export function decidedKind(column: ColumnInProgress): "number" | "category" {
  return 2 * column.numbers >= column.present ? "number" : "category";
}

function addMissing(column: ColumnInProgress, row: number): void {
  column.missing += 1;
  column.firstMissingRow ??= row;
  storeMissing(column);
}

function storeMissing(column: ColumnInProgress): void {
  if (column.kind === "number") append(column.values, Number.NaN);
  else if (column.kind === "category") append(column.codes, MISSING_CODE);
}

function addNumber(column: ColumnInProgress, field: string, at: Place): void {
  const value = field === "" ? Number.NaN : readNumber(field);
  const isNumber = !Number.isNaN(value);
  if (!isNumber && MISSING_TEXTS.has(field)) {
    addMissing(column, at.row);
    return;
  }
  column.present += 1;
  if (isNumber) column.numbers += 1;
  append(column.values, value);
  if (!Number.isFinite(value)) addStranger(column, field, at, value);
  else if (column.wholeValues !== null) {
    if (Number.isInteger(value)) column.wholeValues.add(value);
    if (!Number.isInteger(value) || column.wholeValues.size > MAX_NUMBER_CLASSES)
      column.wholeValues = null;
  }
}

function addStranger(column: ColumnInProgress, field: string, at: Place, value: number): void {
  if (column.strangers.length === MAX_PROBLEMS) return;
  const decoded = decodeText(field);
  const shown = "text" in decoded ? quoteValue(decoded.text) : "";
  const fault = Number.isNaN(value)
    ? `${shown} is not a number; column ${quoteValue(column.name)} is read as numbers; to read it as categories upload with ?categories=${encodeURIComponent(column.name)}`
    : `${shown} is outside the range of a double (about ±1.8e308)`;
  const message = "fault" in decoded ? decoded.fault : fault;
  column.strangers.push(problemAt(at, column.name, message));
}

function addCategory(
  column: ColumnInProgress,
  field: string,
  at: Place,
  problems: FileProblem[],
): void {
  const { categories } = column;
  let code = categories.raw?.get(field);
  if (code === undefined) {
    if (MISSING_TEXTS.has(field)) {
      addMissing(column, at.row);
      return;
    }
    const decoded = decodeText(field);
    if ("fault" in decoded && problems.length < MAX_PROBLEMS)
      problems.push(problemAt(at, column.name, decoded.fault));
    const isNumber = !Number.isNaN(readNumber(field));
    code = addValue(categories, field, "text" in decoded ? decoded.text : "", isNumber);
    if (code === MISSING_CODE && isNumber) column.numbers += 1;
  }
  column.present += 1;
  if (code === MISSING_CODE) return;
  if (categories.isNumber[code]) column.numbers += 1;
  append(column.codes, code);
}

/** Gives the new value's code, or MISSING_CODE when the values have become too many. */
function addValue(categories: Categories, raw: string, text: string, isNumber: boolean): number {
  if (categories.raw === null) return MISSING_CODE;
  categories.characters += text.length;
  const code = categories.texts.length;
  if (code === MAX_CATEGORIES || categories.characters > MAX_CATEGORY_CHARACTERS) {
    categories.raw = null;
    categories.texts = [];
    return MISSING_CODE;
  }
  categories.raw.set(raw, code);
  categories.texts.push(text);
  categories.isNumber.push(isNumber);
  return code;
}
