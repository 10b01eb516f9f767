import { availableParallelism } from "node:os";
import { OURS } from "./find-peers.ts";
import { openStepper } from "./open-stepper.ts";
import { median, ratioOf, takeTurns } from "./take-turns.ts";
import { LEARNING_RATE, type Workload } from "./workloads.ts";

const ROUNDS = 7;

/** One thread, two, and all cores up to four. */
export const THREADS: readonly number[] = [
  ...new Set([1, 2, Math.min(4, availableParallelism())]),
].toSorted();

/**
 * Our training steps of one workload with each of THREADS.
 *
 * @returns the median milliseconds of a step, and how many times faster than one thread
 */
export async function compareThreads(
  workload: Workload,
): Promise<{ milliseconds: number[]; gains: number[] }> {
  const steppers = await Promise.all(
    THREADS.map((threads) => openStepper(OURS, { ...workload, lr: LEARNING_RATE, threads })),
  );
  const times = await takeTurns(steppers, ROUNDS);
  await Promise.all(steppers.map((stepper) => stepper.close()));
  return {
    milliseconds: times.map(median),
    gains: times.map((each) => ratioOf(times[0]!, each)),
  };
}
