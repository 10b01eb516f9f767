import { METRICS, type ResolvedSchedule } from "@descent/contracts";
import type { Schedule } from "./schedule.ts";

type Plateau = Extract<ResolvedSchedule, { type: "plateau" }>;

/**
 * Multiplies by `factor` when the metric has not improved for more than `patience` epochs, then hears
 * nothing for `cooldown` epochs: PyTorch's ReduceLROnPlateau with threshold_mode "rel" and eps 0. A metric
 * that is not a number is no improvement.
 */
export function watchPlateau(plateau: Plateau): Schedule {
  const { metric, factor, patience, threshold, cooldown, floor } = plateau;
  const minimize = METRICS[metric] === "minimize";
  let current = 1;
  let best = minimize ? Infinity : -Infinity;
  let badEpochs = 0;
  let cooling = 0;
  /** Of the best value's size: PyTorch's best * threshold moves the wrong way where the best is below zero. */
  const margin = () => (Number.isFinite(best) ? Math.abs(best) * threshold : 0);
  const isBetter = (value: number) =>
    minimize ? value < best - margin() : value > best + margin();

  return {
    factor: () => current,
    endEpoch(metrics) {
      const value = metrics[metric];
      if (value === undefined) throw new Error(`the epoch has no ${metric}`);
      if (isBetter(value)) {
        best = value;
        badEpochs = 0;
      } else badEpochs += 1;
      if (cooling > 0) {
        cooling -= 1;
        badEpochs = 0;
      }
      if (badEpochs > patience) {
        current = Math.max(current * factor, floor);
        cooling = cooldown;
        badEpochs = 0;
      }
    },
  };
}
