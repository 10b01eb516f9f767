import type { Curves } from "@descent/contracts";

/** One row per epoch, one column per job; an empty field past a job's end or where it is not finite. */
export function curvesAsCsv({ epochs, curves }: Curves): string {
  const rows = [
    ["epoch", ...curves.map(({ job }) => job)],
    ...epochs.map((epoch, index) => [epoch, ...curves.map(({ values }) => values[index] ?? "")]),
  ];
  return rows.map((row) => `${row.join(",")}\r\n`).join("");
}
