import { createInterface } from "node:readline";
import { READY } from "./open-stepper.ts";
import type { SteppedWorkload } from "./workloads.ts";

/**
 * The side of a stepper's process: reads a workload as one line of JSON and answers that it is ready when it is
 * warm; then every line is a number of steps, and is answered by the milliseconds of each.
 *
 * @param open makes a workload's step; what it throws ends the process
 */
export async function answerSteps(
  open: (workload: SteppedWorkload) => Promise<() => Promise<unknown>>,
): Promise<void> {
  let step: (() => Promise<unknown>) | null = null;
  for await (const line of createInterface(process.stdin)) {
    if (step === null) {
      step = await open(JSON.parse(line));
      for (let warm = 0; warm < 5; warm++) await step();
      process.stdout.write(`${READY}\n`);
      continue;
    }
    const times: number[] = [];
    for (let count = Number(line); count > 0; count--) {
      const start = performance.now();
      await step();
      times.push(performance.now() - start);
    }
    process.stdout.write(`${JSON.stringify(times)}\n`);
  }
}
