import type { ComparisonWarning } from "@descent/contracts";
import type { Run, RunGroup } from "./run.ts";

/** Below this many seeds, the luck of the seed and the effect of the optimizer cannot be told apart. */
const ENOUGH_SEEDS = 3;

/** What would mislead whoever reads the answer. @param groups best first */
export function findWarnings(groups: readonly RunGroup[]): ComparisonWarning[] {
  const runs = groups.flatMap((group) => group.runs);
  return [
    ...fewSeeds(groups),
    ...mixed(
      groups,
      "different_datasets",
      "data sets, targets, features or splits",
      (r) => r.dataset,
    ),
    ...mixed(groups, "different_models", "models, losses or penalties", (run) => run.model),
    ...mixed(groups, "unequal_epochs", "numbers of epochs", (run) => run.epochs),
    ...mixedOptimizers(groups),
    ...unknownFields(groups),
    ...edgesOfRange(groups),
    ...named(
      groups,
      "diverged_runs",
      (run) => run.diverged,
      (count) =>
        `${count} of ${runs.length} runs diverged; what they are judged by is from before they did`,
    ),
    ...named(
      groups,
      "no_value",
      (run) => run.value === null,
      (count) =>
        `${count} of ${runs.length} runs have no finite value of the metric; n counts them, mean, std, min and max cannot`,
    ),
    ...named(
      groups,
      "unfinished_jobs",
      (run) => run.status !== "finished",
      (count) =>
        `${count} of ${runs.length} jobs have not run to their end (${statusCounts(runs)}); they count with what they recorded`,
    ),
  ];
}

function fewSeeds(groups: readonly RunGroup[]): ComparisonWarning[] {
  const few = groups.filter(({ runs }) => new Set(runs.map((run) => run.seed)).size < ENOUGH_SEEDS);
  if (few.length === 0) return [];
  return [
    {
      code: "fewer_than_three_seeds",
      message: `${few.length} of ${groups.length} groups have fewer than ${ENOUGH_SEEDS} different seeds; a difference may be luck`,
      groups: few.map(({ key }) => key),
    },
  ];
}

/** Warns when the runs differ in something that should be the same; names the groups unlike the first. */
function mixed(
  groups: readonly RunGroup[],
  code: ComparisonWarning["code"],
  what: string,
  read: (run: Run) => string | number,
): ComparisonWarning[] {
  const different = new Set(groups.flatMap(({ runs }) => runs.map(read)));
  if (different.size < 2) return [];
  const [first] = different;
  const unlike = groups.filter(({ runs }) => runs.some((run) => read(run) !== first));
  return [
    {
      code,
      message: `the runs compared have ${different.size} different ${what}`,
      groups: unlike.map(({ key }) => key),
    },
  ];
}

/** A group whose runs were optimized differently says nothing about either; names the fields that differ. */
function mixedOptimizers(groups: readonly RunGroup[]): ComparisonWarning[] {
  const fields = new Set<string>();
  const mixtures = groups.filter(({ runs }) => {
    const names = new Set(runs.flatMap((run) => Object.keys(run.optimizer)));
    const differing = [...names].filter(
      (name) => new Set(runs.map((run) => run.optimizer[name])).size > 1,
    );
    for (const name of differing) fields.add(`optimizer.${name}`);
    return differing.length > 0;
  });
  if (mixtures.length === 0) return [];
  return [
    {
      code: "mixed_optimizers",
      message: `${mixtures.length} of ${groups.length} groups mix runs that differ in ${[...fields].join(", ")}; group by what differs, or compare the best of each`,
      groups: mixtures.map(({ key }) => key),
    },
  ];
}

/** A field to group by that no run has: most often misspelt. */
function unknownFields(groups: readonly RunGroup[]): ComparisonWarning[] {
  const fields = Object.keys(groups[0]?.key ?? {});
  return fields
    .filter((field) => field !== "name" && groups.every(({ key }) => key[field] === null))
    .map((field) => ({
      code: "unknown_field" as const,
      message: `none of the runs has the field ${field}`,
      groups: [],
    }));
}

/** Warns of groups that hold runs like this. */
function named(
  groups: readonly RunGroup[],
  code: ComparisonWarning["code"],
  applies: (run: Run) => boolean,
  message: (count: number) => string,
): ComparisonWarning[] {
  const touched = groups.filter(({ runs }) => runs.some(applies));
  if (touched.length === 0) return [];
  const count = touched.flatMap(({ runs }) => runs.filter(applies)).length;
  return [{ code, message: message(count), groups: touched.map(({ key }) => key) }];
}

/**
 * A best value at the edge of what was tried: the true best may lie outside. Tried means by groups that
 * share every other field that is not a number with the best one (an Adam is not tuned by SGD's rates).
 */
function edgesOfRange(groups: readonly RunGroup[]): ComparisonWarning[] {
  const [best] = groups;
  if (best === undefined || best.runs.every((run) => run.value === null)) return [];
  const alike = groups.filter(({ key }) =>
    Object.entries(best.key).every(
      ([field, value]) => typeof value === "number" || key[field] === value,
    ),
  );
  return Object.entries(best.key).flatMap(([field, value]) => {
    if (typeof value !== "number" || !isHyper(field)) return [];
    const tried = alike.flatMap(({ key }) => {
      const other = key[field];
      return typeof other === "number" ? [other] : [];
    });
    const [low, high] = [
      tried.reduce((a, b) => Math.min(a, b)),
      tried.reduce((a, b) => Math.max(a, b)),
    ];
    if (low === high || (value !== low && value !== high)) return [];
    if (value === low && value <= smallest(field)) return [];
    const message = `the best ${field}, ${value}, is the ${value === low ? "smallest" : "largest"} of those tried (${low} to ${high}); a better one may lie beyond`;
    return [{ code: "best_at_edge_of_range" as const, message, groups: [best.key] }];
  });
}

/** Below this a field cannot go: nothing lies beyond such an edge. */
const smallest = (field: string) =>
  field === "batch_size" || field === "optimizer.accumulate" ? 1 : 0;

/** Fields that are tuned, unlike the seed or the number of parameters. */
const isHyper = (field: string) => field.startsWith("optimizer.") || field === "batch_size";

function statusCounts(runs: readonly Run[]): string {
  const counts = new Map<string, number>();
  for (const { status } of runs)
    if (status !== "finished") counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${status}`).join(", ");
}
