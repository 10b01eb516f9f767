import type { Comparison, ComparisonGroup } from "@descent/contracts";
import { findWarnings } from "./find-warnings.ts";
import { medianToTarget } from "./median-to-target.ts";
import { mean, sampleStd } from "./moments.ts";
import type { Run, RunGroup } from "./run.ts";

export type Question = Pick<Comparison, "metric" | "direction" | "select" | "target">;

/**
 * Answers a comparison: runs of equal key are one group, groups stand best mean first.
 *
 * `n` counts every run of the group. A run without a finite value (nothing recorded yet, or diverged at
 * once) cannot enter mean, std, min and max; it is not dropped silently but named by the warning
 * `no_value`. Groups without any value come last and are not ranked. Equal means stand in the order of
 * their keys, so that the same runs always give the same answer.
 */
export function summariseGroups(runs: readonly Run[], question: Question): Comparison {
  const { direction, target } = question;
  const sign = direction === "maximize" ? -1 : 1;
  const summarised = groupRuns(runs).map((group) => ({
    group,
    summary: summariseGroup(group, target !== null),
  }));
  summarised.sort((a, b) => {
    const [left, right] = [a.summary.value.mean, b.summary.value.mean];
    if (left === right) return 0; // groupRuns has them in the order of their keys already
    if (left === null) return 1;
    if (right === null) return -1;
    return sign * (left - right);
  });
  const groups = summarised.map(({ summary }) => summary);
  return {
    ...question,
    groups,
    ranking: groups.filter(({ value }) => value.mean !== null).map(({ key }) => ({ key })),
    warnings: findWarnings(summarised.map(({ group }) => group)),
  };
}

/** The runs by key, in the order of the keys; within a group in the order given. */
function groupRuns(runs: readonly Run[]): RunGroup[] {
  const groups = new Map<string, RunGroup>();
  for (const run of runs) {
    const name = JSON.stringify(Object.entries(run.key));
    const group = groups.get(name);
    if (group) group.runs.push(run);
    else groups.set(name, { key: run.key, runs: [run] });
  }
  const named = [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return named.map(([, group]) => group);
}

function summariseGroup({ key, runs }: RunGroup, hasTarget: boolean): ComparisonGroup {
  const values = runs.flatMap(({ value }) => (value === null ? [] : [value]));
  return {
    key,
    n: runs.length,
    diverged: runs.filter(({ diverged }) => diverged).length,
    value: {
      mean: mean(values),
      std: sampleStd(values),
      min: extreme(values, Math.min),
      max: extreme(values, Math.max),
    },
    epochs_to_target: hasTarget ? medianToTarget(runs.map((run) => run.epochsToTarget)) : null,
    seconds_to_target: hasTarget ? medianToTarget(runs.map((run) => run.secondsToTarget)) : null,
    jobs: runs.map(({ job }) => job),
  };
}

function extreme(values: number[], choose: (a: number, b: number) => number): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => choose(a, b));
}
