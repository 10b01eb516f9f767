import {
  type Fault,
  type ResolvedSchedule,
  SCHEDULE_TYPES,
  type ScheduleSpec,
} from "@descent/contracts";
import { resolveSchedule } from "../resolve-job/resolve-schedule.ts";

/**
 * The schedule of a trajectory, which has steps but no epochs and no metrics: left out, `per` is `step`
 * for every type here, and `over` what is left of the steps after the warm-up. Nobody waits for a trajectory,
 * so that a schedule that outlasts it is no reason to warn.
 *
 * @param steps null where it is not known how many there are
 * @returns null where there were faults, or `steps` is not known
 */
export function resolveStepSchedule(
  spec: ScheduleSpec = { type: "constant" },
  steps: number | null,
  faults: Fault[],
): ResolvedSchedule | null {
  if (spec.type === "plateau") {
    const allowed = SCHEDULE_TYPES.filter((type) => type !== "plateau");
    const message = "a trajectory has no metric that could stand still";
    faults.push({ pointer: "/optimizer/schedule/type", message, allowed });
    return null;
  }
  if (spec.per === "epoch") {
    const message = "a trajectory has no epochs";
    faults.push({ pointer: "/optimizer/schedule/per", message, allowed: ["step"] });
    return null;
  }
  const length = steps === null ? null : { stepsPerEpoch: steps, epochs: 1 };
  return resolveSchedule({ ...spec, per: "step" }, length, null, { faults, warnings: [] });
}
