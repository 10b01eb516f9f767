import type { FileProblem } from "@descent/contracts";

/** A report names at most this many places of a file, the first ones. */
export const MAX_PROBLEMS = 20;

/** What a table may hold: 2^28 values are 2 GiB of doubles, the memory that inspecting one takes. */
export const MAX_VALUES = 2 ** 28;

/**
 * Reading cannot go on: the file is broken here, as a whole or in the record after those already read.
 * The message is meant for whoever made the file.
 */
export class FileFault extends Error {
  readonly where: "file" | "next record";
  constructor(message: string, where: "file" | "next record" = "file") {
    super(message);
    this.name = "FileFault";
    this.where = where;
  }
}

/** A problem of the file as a whole. */
export function fileProblem(message: string): FileProblem {
  return { row: 0, column: null, message };
}

/** Where a record stands: `row` 1 is the first row of data, `line` 1 the first line of the file. */
export interface Place {
  row: number;
  line: number;
}

export function problemAt(
  { row, line }: Place,
  column: string | null,
  message: string,
): FileProblem {
  return { row, column, message: `row ${row} (line ${line}): ${message}` };
}

/** The first problems in the order of the file. */
export function firstProblems(problems: readonly FileProblem[]): FileProblem[] {
  return problems.toSorted((a, b) => a.row - b.row).slice(0, MAX_PROBLEMS);
}
