import type { ResolvedSchedule } from "@descent/contracts";
import { type Curve, FORMULAS } from "./formulas.ts";
import type { Schedule } from "./schedule.ts";
import { watchPlateau } from "./watch-plateau.ts";

/**
 * @param schedule every value filled in; its counts are in units of `per`
 * @param stepsPerEpoch updates in one epoch, at least 1
 */
export function createSchedule(schedule: ResolvedSchedule, stepsPerEpoch: number): Schedule {
  if (schedule.type === "plateau") return watchPlateau(schedule);
  const unit = schedule.per === "epoch" ? stepsPerEpoch : 1;
  const warmup = schedule.type === "one_cycle" ? { steps: 0, from: 1 } : schedule.warmup;
  const formula = FORMULAS[schedule.type] as (schedule: Curve, k: number) => number;
  return {
    factor(step) {
      const done = Math.floor(step / unit);
      if (done < warmup.steps) return warmup.from + ((1 - warmup.from) * done) / warmup.steps;
      return formula(schedule, done - warmup.steps);
    },
    endEpoch() {},
  };
}
