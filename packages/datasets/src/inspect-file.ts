import { rm } from "node:fs/promises";
import type { DatasetProfile, FileProblem } from "@descent/contracts";
import { FileFault, fileProblem } from "./file-fault.ts";
import { readCsv } from "./read-csv.ts";
import { readIdx } from "./read-idx.ts";
import { beginsWithGzipMagic } from "./read-unzipped.ts";
import { writeTable } from "./write-table.ts";

/**
 * What to inspect, by local paths. Gzip is recognised by its first bytes; `gzip: true` says that the
 * upload declared it, so that a plain file is then a problem. `categories` names columns to read as
 * categories although their values are numbers.
 */
export type InspectRequest =
  | { format: "csv"; path: string; gzip: boolean; categories: string[] }
  | { format: "idx"; images: string; labels: string };

export type InspectResult =
  | { ok: true; profile: DatasetProfile }
  | { ok: false; problems: FileProblem[] };

/**
 * Reads an uploaded file, says what is in it, and writes it as columns (table-file.ts) to `tablePath`,
 * so that no job ever parses it again. With problems (the first 20) there is no file at `tablePath`.
 *
 * CSV: a header row, commas, double quotes, LF or CRLF, UTF-8 with or without a byte order mark; lines
 * of white space are skipped, spaces and tabs around a value are not part of it. Missing is an empty
 * field, NA, N/A, NaN, nan, null, NULL or ?. A column is a number column when at least half of its
 * values that are not missing are numbers, a category otherwise. A category with more than 10,000
 * different values (or a million characters of them) is accepted with an empty list of `values`, and no
 * job can use it.
 */
export async function inspectFile(
  request: InspectRequest,
  tablePath: string,
): Promise<InspectResult> {
  try {
    return request.format === "csv"
      ? await inspectCsv(request, tablePath)
      : await inspectIdx(request, tablePath);
  } catch (error) {
    await rm(tablePath, { force: true });
    if (!(error instanceof FileFault)) throw error;
    return { ok: false, problems: [fileProblem(error.message)] };
  }
}

async function inspectCsv(
  { path, gzip, categories }: InspectRequest & { format: "csv" },
  tablePath: string,
): Promise<InspectResult> {
  if (gzip && !(await beginsWithGzipMagic(path)))
    return { ok: false, problems: [fileProblem("the file is declared as gzip, but is none")] };
  const read = await readCsv(path, categories);
  if ("problems" in read) return { ok: false, problems: read.problems };
  const columns = read.columns.map((column) => column.profile);
  const profile: DatasetProfile = { rows: read.rows, shape: null, columns };
  const data = read.columns.map(({ chunks }) => ({
    length: chunks.reduce((sum, chunk) => sum + chunk.length, 0),
    chunks,
  }));
  await writeTable(tablePath, profile, data);
  return { ok: true, profile };
}

async function inspectIdx(
  { images, labels }: InspectRequest & { format: "idx" },
  tablePath: string,
): Promise<InspectResult> {
  const read = await readIdx(images, labels);
  if ("problems" in read) return { ok: false, problems: read.problems };
  await writeTable(tablePath, read.profile, read.columns);
  return { ok: true, profile: read.profile };
}
