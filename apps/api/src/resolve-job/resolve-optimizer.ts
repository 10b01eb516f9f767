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
 * @param ownRule the user's own rule of the name that `spec` gives, null where there is none
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
  const decay = ema ? (ema.decay ?? EMA_DECAY) : null;
  warnings.push(...seldomMeant(training, accumulate, decay));
  const optimizer: ResolvedOptimizer = {
    rule: rule.rule,
    convention: rule.convention,
    precision,
    ...resolution.hypers,
    schedule: resolvedSchedule,
    clip,
    accumulate,
    ema: decay === null ? null : { decay },
    groups: resolvedGroups,
  };
  return { optimizer, ruleText: rule.convention === CUSTOM ? rule.text : null, warnings };
}

/** Settings that are allowed, but have little to do with so short a training. */
function seldomMeant(
  { epochs, batchesPerEpoch }: Training,
  accumulate: number,
  decay: number | null,
): JobWarning[] {
  if (batchesPerEpoch === null) return [];
  const warnings: JobWarning[] = [];
  const steps = Math.ceil(batchesPerEpoch / accumulate) * epochs;
  if (accumulate > batchesPerEpoch)
    warnings.push({
      code: "accumulate_exceeds_epoch",
      message: `an epoch has ${batchesPerEpoch} batches: with accumulate ${accumulate} each epoch is one step of all of them`,
    });
  if (decay !== null && 1 / (1 - decay) > steps)
    warnings.push({
      code: "ema_outlasts_training",
      message: `an average of decay ${decay} looks back on about ${Math.round(1 / (1 - decay))} steps, and the training has ${steps}: early weights still weigh in at its end`,
    });
  return warnings;
}
