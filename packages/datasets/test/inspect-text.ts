import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatasetProfile, FileProblem } from "@descent/contracts";
import { inspectFile, readTable, type Table } from "../src/index.ts";

/** Calls `use` with a fresh folder and removes it afterwards. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "descent-datasets-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Inspects a CSV file of this content that must be accepted. */
export async function readText(
  content: string | Buffer,
  categories: string[] = [],
): Promise<Table> {
  return inFolder(async (folder) => {
    const result = await inspect(folder, content, categories);
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    const table = await readTable(join(folder, "table"));
    if (JSON.stringify(table.profile) !== JSON.stringify(result.profile))
      throw new Error("the table file holds another profile");
    return table;
  });
}

/** Inspects a CSV file of this content that must be refused. */
export async function problemsOf(
  content: string | Buffer,
  categories: string[] = [],
  gzip = false,
): Promise<FileProblem[]> {
  return inFolder(async (folder) => {
    const result = await inspect(folder, content, categories, gzip);
    if (result.ok) throw new Error(`accepted: ${JSON.stringify(result.profile)}`);
    return result.problems;
  });
}

export function columnNamed(profile: DatasetProfile, name: string) {
  const column = profile.columns.find((each) => each.name === name);
  if (column === undefined) throw new Error(`no column ${name}`);
  return column;
}

async function inspect(
  folder: string,
  content: string | Buffer,
  categories: string[],
  gzip = false,
) {
  const path = join(folder, "file");
  await writeFile(path, content);
  return inspectFile({ format: "csv", path, gzip, categories }, join(folder, "table"));
}
