import { move } from "piscina";
import { runTrajectory, type TrajectoryTask } from "./run-trajectory.ts";
import { type TriedRule, tryRule } from "./try-rule.ts";

/** What the rule threads do (create-rule-threads.ts calls these by name). */

/** The trajectory as JSON in UTF-8: a long one takes a while to write, too. */
export function trajectory(task: TrajectoryTask): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(runTrajectory(task)));
  return move(json) as Uint8Array;
}

export function trial(task: { name: string; convention: string; text: string }): TriedRule {
  return tryRule(task.name, task.convention, task.text);
}
