import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ResolvedJob } from "@descent/contracts";
import { inspectFile, prepareData, readTable } from "@descent/datasets";

/** Which rows a job trained on, and which it only looked at: numbers of rows, in the order of the file. */
export interface SplitRows {
  training: number[];
  validation: number[];
}

/** The split of a job. It depends on the target alone, so a table of it and of the rows' numbers tells it. */
export async function splitOf(
  { dataset, loss }: ResolvedJob,
  targets: readonly (string | number)[],
): Promise<SplitRows> {
  const folder = await mkdtemp(join(tmpdir(), "descent-split-"));
  try {
    const [csv, path] = [join(folder, "csv"), join(folder, "table")];
    const lines = targets.map((target, row) => `${row},${target}`);
    await writeFile(csv, ["row,target", ...lines].join("\n"));
    await inspectFile({ format: "csv", path: csv, gzip: false, categories: [] }, path);
    const raw = { scaling: "none", target_scaling: "none" } as const;
    const named = { ...dataset, target: "target", features: ["row"], ...raw };
    const { training, validation } = prepareData(await readTable(path), named, loss);
    return { training: Array.from(training.inputs), validation: Array.from(validation.inputs) };
  } finally {
    await rm(folder, { recursive: true });
  }
}
