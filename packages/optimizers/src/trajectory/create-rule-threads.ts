import { fileURLToPath } from "node:url";
import { Piscina } from "piscina";
import type { TrajectoryTask } from "./run-trajectory.ts";
import type { TriedRule } from "./try-rule.ts";

/** Runs rules in worker threads: the caller's event loop stays free, whatever the rule. */
export interface RuleThreads {
  /**
   * As `runTrajectory`, written as JSON in UTF-8. The task's arrays are given away. Aborting stops the thread.
   * @throws RuleThreadsBusy when too many tasks wait already; the signal's AbortError
   */
  run(task: TrajectoryTask, signal?: AbortSignal): Promise<Uint8Array>;
  /** As `tryRule`. @throws as `run` */
  tryRule(
    rule: { name: string; convention: string; text: string },
    signal?: AbortSignal,
  ): Promise<TriedRule>;
  /** Stops the threads; what they were doing is given up. */
  close(): Promise<void>;
}

/** As many tasks as may wait for a thread are waiting: try again later. */
export class RuleThreadsBusy extends Error {
  constructor() {
    super("too many rules wait to be run");
    this.name = "RuleThreadsBusy";
  }
}

/** Each may hold 16 MB of gradients while it waits. */
const WAITING_PER_THREAD = 8;

/** @param threads how many tasks run at once */
export function createRuleThreads({ threads }: { threads: number }): RuleThreads {
  const pool = new Piscina({
    filename: fileURLToPath(new URL("./work-in-thread.ts", import.meta.url)),
    minThreads: 1, // one is warm, so that a short trajectory waits for no thread to start
    maxThreads: threads,
    idleTimeout: 30_000,
    maxQueue: WAITING_PER_THREAD * threads,
  });
  const enqueue = (task: object, options: Parameters<typeof pool.run>[1]) => {
    if (pool.queueSize >= pool.options.maxQueue) throw new RuleThreadsBusy();
    return pool.run(task, options);
  };
  return {
    run: async (task, signal) => {
      const { start, gradients } = task;
      const arrays = typeof gradients === "string" ? [start.values] : [start.values, gradients];
      const transferList = arrays.map((array) => array.buffer as ArrayBuffer);
      return enqueue(task, { name: "trajectory", transferList, signal: signal ?? null });
    },
    tryRule: async (rule, signal) => enqueue(rule, { name: "trial", signal: signal ?? null }),
    close: () => pool.destroy(),
  };
}
