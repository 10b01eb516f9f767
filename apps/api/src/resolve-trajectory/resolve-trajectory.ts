import type { Fault, TrajectoryRequest } from "@descent/contracts";
import type { RuleDescription } from "@descent/optimizers/catalogue";
import { resolveHypers } from "@descent/optimizers/catalogue";
import { readTensor, type TrajectoryTask } from "@descent/optimizers/trajectory";
import { pointerStep } from "../problem/pointer.ts";
import { chooseRule } from "../resolve-job/choose-rule.ts";
import { countSteps } from "./count-steps.ts";
import { readSource } from "./read-source.ts";
import { resolveStepSchedule } from "./resolve-step-schedule.ts";

/**
 * Turns a trajectory as sent into one that can run, or says everything that is wrong with it.
 *
 * @param request of the right shape (the schema has seen to that), but for what is nested in arrays
 * @param ownRule the user's own rule of the name that the optimizer gives, null where there is none
 */
export function resolveTrajectory(
  request: TrajectoryRequest,
  ownRule: RuleDescription | null,
): { task: TrajectoryTask; faults: null } | { faults: Fault[] } {
  const faults: Fault[] = [];
  const { optimizer: spec, lr_factors: lrFactors = null } = request;
  const { rule: _, convention: __, precision = "float32", schedule, clip = null, ...given } = spec;

  const rule = chooseRule(spec, ownRule, faults);
  const resolution = rule && resolveHypers(rule, given);
  for (const { name, ...fault } of resolution?.faults ?? [])
    faults.push({ pointer: `/optimizer/${pointerStep(name)}`, ...fault });
  const steps = countSteps(request, faults);
  const resolvedSchedule = resolveStepSchedule(schedule, steps, faults);
  if (steps !== null && lrFactors && lrFactors.length !== steps)
    faults.push({
      pointer: "/lr_factors",
      message: `has ${lrFactors.length} factors, but there are ${steps} steps`,
    });
  const start = readTensor(request.start, "/start", faults);
  const gradients = start && steps !== null ? readSource(request, start, steps, faults) : null;

  if (faults.length > 0 || !rule || !start || steps === null || gradients === null)
    return { faults };
  if (!resolution || resolution.faults || !resolvedSchedule) return { faults };
  const optimizer = {
    rule: rule.rule,
    convention: rule.convention,
    precision,
    schedule: resolvedSchedule,
    clip,
    hypers: resolution.hypers,
  };
  return { task: { optimizer, text: rule.text, start, steps, gradients, lrFactors }, faults: null };
}
