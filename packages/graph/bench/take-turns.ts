import type { Stepper } from "./open-stepper.ts";

/** A round lasts about this long for each. */
const ROUND_MS = 200;

export const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;

/**
 * Steps each in turn, in short rounds, so that a busy machine disturbs all alike.
 *
 * @returns for each the median milliseconds of a step in every round
 */
export async function takeTurns(steppers: readonly Stepper[], rounds: number): Promise<number[][]> {
  const counts: number[] = [];
  for (const stepper of steppers)
    counts.push(Math.max(1, Math.round(ROUND_MS / median(await stepper.steps(5)))));
  const times: number[][] = steppers.map(() => []);
  for (let round = 0; round < rounds; round++)
    for (const [i, stepper] of steppers.entries())
      times[i]!.push(median(await stepper.steps(counts[i]!)));
  return times;
}

/** How many times longer `theirs` took: the median of the rounds' ratios. */
export const ratioOf = (theirs: readonly number[], ours: readonly number[]): number =>
  median(theirs.map((time, round) => time / ours[round]!));
