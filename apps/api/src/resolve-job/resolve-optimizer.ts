import {
  CUSTOM,
  type Fault,
  type JobWarning,
  type Metric,
  type OptimizerSpec,
  type ResolvedOptimizer,
} from "@descent/contracts";
import { type RuleDescription, resolveHypers } from "@descent/optimizers/catalogue";
import { pointerStep } from "../problem/pointer.ts";
import { chooseRule } from "./choose-rule.ts";
import { resolveGroups } from "./resolve-groups.ts";
import { resolveSchedule } from "./resolve-schedule.ts";

const EMA_DECAY = 0.999;

/** What the optimizer has to know of its job. Null is what is not known, since something else is wrong. */
export interface Training {
  epochs: number;
  batchesPerEpoch: number | null;
  /** The names of all parameter tensors, in the model's order. */
  tensors: string[] | null;
  metrics: readonly Metric[] | null;
}

export interface OptimizerResolution {
  optimizer: ResolvedOptimizer;
  /** The text of a user's own rule, null for a built-in one. */
  ruleText: string | null;
  warnings: JobWarning[];
}

/**
 * Fills in the convention, the hypers from the rule's text, and all that stands around the rule; null with
 * the faults where that fails, or where what is needed of the training is not known.
 *
 * @param ownRule the user's own rule that `spec` names, null where it names none
 */
export function resolveOptimizer(
  spec: OptimizerSpec,
  ownRule: RuleDescription | null,
  training: Training,
  faults: Fault[],
): OptimizerResolution | null {
  const before = faults.length;
  const warnings: JobWarning[] = [];
  const { rule: _, convention: __, precision = "float32", ...rest } = spec;
  const { schedule, clip = null, accumulate = 1, ema, groups = [], ...given } = rest;

  const { epochs, batchesPerEpoch, tensors, metrics } = training;
  const length =
    batchesPerEpoch === null
      ? null
      : { stepsPerEpoch: Math.ceil(batchesPerEpoch / accumulate), epochs };
  const resolvedSchedule = resolveSchedule(schedule, length, metrics, { faults, warnings });
  const rule = chooseRule(spec, ownRule, faults);
  if (!rule) return null;

  const resolution = resolveHypers(rule, given);
  for (const { name, ...fault } of resolution.faults ?? [])
    faults.push({ pointer: `/optimizer/${pointerStep(name)}`, ...fault });
  const resolvedGroups = resolveGroups(groups, rule, given, tensors, faults);
  if (faults.length > before || resolution.faults || !resolvedSchedule) return null;

  const all = [resolution.hypers, ...resolvedGroups.map(({ hypers }) => hypers)];
  if (all.some(({ maximize }) => maximize === true))
    warnings.push({
      code: "maximizes",
      message: "maximize is true: the training would climb the loss instead of descending it",
    });
  const optimizer: ResolvedOptimizer = {
    rule: rule.rule,
    convention: rule.convention,
    precision,
    ...resolution.hypers,
    schedule: resolvedSchedule,
    clip,
    accumulate,
    ema: ema ? { decay: ema.decay ?? EMA_DECAY } : null,
    groups: resolvedGroups,
  };
  return { optimizer, ruleText: rule.convention === CUSTOM ? rule.text : null, warnings };
}
