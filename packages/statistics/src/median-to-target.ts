import { mean } from "./moments.ts";

/**
 * The median of what each run needed to reach a target, and how many reached it. A run that missed the
 * target (null) counts as slower than every other, so a group cannot look fast by failing often.
 *
 * @returns for an even number of runs the mean of the middle two; a null median where a missed run is
 *   among them, or for no runs
 */
export function medianToTarget(needed: readonly (number | null)[]): {
  median: number | null;
  reached: number;
} {
  const sorted = needed.map((each) => each ?? Number.POSITIVE_INFINITY).toSorted((a, b) => a - b);
  const reached = needed.filter((each) => each !== null).length;
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  return { median: middle.every(Number.isFinite) ? mean(middle) : null, reached };
}
