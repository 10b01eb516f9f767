import type { Comparison, ComparisonGroup } from "@descent/contracts";
import Table from "cli-table3";

/** The comparison as a table for the terminal, best group first, and its warnings as sentences below. */
export function drawComparison(comparison: Comparison): string {
  const { metric, target, groups, warnings } = comparison;
  const aim = target === null ? "target" : format(target, 2);
  const table = new Table({
    head: [
      "",
      "optimizer",
      "n",
      `${metric}, mean ± std`,
      "min – max",
      `epochs to ${aim}`,
      `seconds to ${aim}`,
    ],
    colAligns: ["right", "left", "right", "left", "left", "left", "left"],
    style: { head: [], border: [], compact: true },
  });
  for (const [index, group] of groups.entries()) {
    const { mean, std, min, max } = group.value;
    table.push([
      index + 1,
      Object.values(group.key).join(", "),
      group.n,
      `${format(mean)} ± ${format(std)}`,
      `${format(min)} – ${format(max)}`,
      reach(group, group.epochs_to_target, 0),
      reach(group, group.seconds_to_target, 3),
    ]);
  }
  const notes = warnings.map(({ message, groups: about }) => {
    const whom = about.map((key) => Object.values(key).join(", ")).join("; ");
    return `Mind: ${message}${whom === "" ? "" : ` (${whom})`}`;
  });
  return [table.toString(), ...notes].join("\n");
}

/** "6 (2 of 2)": the median, and how many of the group's runs got there at all. */
function reach(
  { n }: ComparisonGroup,
  toTarget: ComparisonGroup["epochs_to_target"],
  digits: number,
): string {
  if (toTarget === null) return "";
  const { median, reached } = toTarget;
  const wholeOrHalf = median !== null && !Number.isInteger(median) ? Math.max(digits, 1) : digits;
  return `${format(median, wholeOrHalf)} (${reached} of ${n})`;
}

function format(value: number | null, digits = 4): string {
  return value === null ? "–" : value.toFixed(digits);
}
