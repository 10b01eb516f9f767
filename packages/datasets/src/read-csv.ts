import type { FileProblem } from "@descent/contracts";
import { addField, type ColumnInProgress, decidedKind, startColumn } from "./column-in-progress.ts";
import {
  FileFault,
  fileProblem,
  firstProblems,
  MAX_PROBLEMS,
  MAX_VALUES,
  type Place,
  problemAt,
} from "./file-fault.ts";
import { type FinishedColumn, finishColumn } from "./finish-column.ts";
import { trimField } from "./read-field.ts";
import { readHeader } from "./read-header.ts";
import { readRecords } from "./read-records.ts";
import { readUnzipped } from "./read-unzipped.ts";

/** The texts of all categories together stand in the profile, a row of the database. */
const MAX_CATEGORY_CHARACTERS = 16 * 2 ** 20;

export type CsvResult =
  | { rows: number; columns: FinishedColumn[] }
  | { rows: number; problems: FileProblem[] };

type Kinds = ReadonlyMap<string, "number" | "category">;

/**
 * Reads a CSV file into columns. Memory is bounded by the table (8 bytes per value), not by the file.
 *
 * A column of numbers or of categories? That is known only after the last row, so each column is stored
 * by what its first value looks like; where that proves wrong the file is read a second time.
 *
 * @param path the file, gzip or plain
 * @param categories columns to read as categories even where every value is a number
 */
export async function readCsv(path: string, categories: readonly string[]): Promise<CsvResult> {
  const named: Kinds = new Map(categories.map((name) => [name, "category"]));
  const guessed = await readPass(path, categories, named);
  if ("problems" in guessed) return guessed;
  const kinds: Kinds = new Map([
    ...guessed.columns.map((column) => [column.name, decidedKind(column)] as const),
    ...named,
  ]);
  const wrong = guessed.columns.some(({ name, kind }) => kind !== null && kind !== kinds.get(name));
  const pass = wrong ? await readPass(path, categories, kinds) : guessed;
  if ("problems" in pass) return pass;

  const { rows, columns } = pass;
  const found = [...pass.found, ...columns.flatMap((column) => strangersOf(column))];
  if (found.length === 0 && rows === 0)
    found.push(fileProblem("the file has a header but no rows below it"));
  if (found.length > 0) return { rows, problems: firstProblems(found) };
  const finished = columns.map((column) => finishColumn(column, rows));
  const characters = finished.reduce((sum, { profile }) => sum + categoryCharacters(profile), 0);
  if (characters > MAX_CATEGORY_CHARACTERS) {
    const message = `the category columns hold more than ${MAX_CATEGORY_CHARACTERS} characters of different values`;
    return { rows, problems: [fileProblem(message)] };
  }
  return { rows, columns: finished };
}

type Pass =
  | { rows: number; columns: ColumnInProgress[]; found: FileProblem[] }
  | { rows: number; problems: FileProblem[] };

/** Reads the file once; `kinds` are the columns whose kind is already known. */
async function readPass(path: string, categories: readonly string[], kinds: Kinds): Promise<Pass> {
  let columns: ColumnInProgress[] | null = null;
  let rows = 0;
  const found: FileProblem[] = [];
  try {
    for await (const records of readRecords(readUnzipped(path, "the file"))) {
      for (const record of records) {
        if (columns === null) {
          const header = readHeader(record.fields, categories);
          if ("problems" in header) return { rows, problems: header.problems };
          columns = header.names.map((name) => startColumn(name, kinds.get(name) ?? null));
          continue;
        }
        rows += 1;
        addRecord(columns, record.fields, { row: rows, line: record.line }, found);
      }
      if (found.length >= MAX_PROBLEMS) break;
      if (columns !== null && rows * columns.length > MAX_VALUES)
        throw new FileFault(`the table has more than ${MAX_VALUES} values`);
    }
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    const row = columns !== null && error.where === "next record" ? rows + 1 : 0;
    found.push({ row, column: null, message: error.message });
  }
  if (columns !== null) return { rows, columns, found };
  const empty = fileProblem("the file is empty; the first line must name the columns");
  return { rows, problems: found.length > 0 ? found : [empty] };
}

function addRecord(
  columns: ColumnInProgress[],
  fields: readonly string[],
  at: Place,
  found: FileProblem[],
): void {
  if (fields.length !== columns.length) {
    const message = `${fields.length} fields, but the header has ${columns.length}`;
    if (found.length < MAX_PROBLEMS) found.push(problemAt(at, null, message));
    return;
  }
  for (let i = 0; i < fields.length; i++) addField(columns[i]!, trimField(fields[i]!), at, found);
}

/** What is no number counts only against a column that is one. */
function strangersOf(column: ColumnInProgress): FileProblem[] {
  return column.kind === "number" && decidedKind(column) === "number" ? column.strangers : [];
}

function categoryCharacters(profile: FinishedColumn["profile"]): number {
  if (profile.kind !== "category") return 0;
  return profile.values.reduce((sum, value) => sum + value.length, 0);
}
