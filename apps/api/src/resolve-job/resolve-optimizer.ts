import type { Fault, OptimizerSpec, ResolvedOptimizer } from "@descent/contracts";
import { findRule, listRules, resolveHypers } from "@descent/optimizers/catalogue";
import { pointerStep } from "../problem/pointer.ts";

/** Fills in convention, precision and hypers from the rule's text; null with the faults where that fails. */
export function resolveOptimizer(spec: OptimizerSpec, faults: Fault[]): ResolvedOptimizer | null {
  const { rule, convention = "paper", precision = "float32", ...given } = spec;
  const description = findRule(rule, convention);
  if (!description) {
    faults.push(unknownRule(rule, convention));
    return null;
  }
  const { hypers, faults: refused } = withFaults(resolveHypers(description, given));
  for (const { name, message, allowed } of refused)
    faults.push({
      pointer: `/optimizer/${pointerStep(name)}`,
      message,
      ...(allowed ? { allowed } : {}),
    });
  return hypers && { rule, convention, precision, ...hypers };
}

/** Both kinds of answer in one shape. */
function withFaults(answer: ReturnType<typeof resolveHypers>) {
  return answer.faults === null
    ? { hypers: answer.hypers, faults: [] }
    : { hypers: null, faults: answer.faults };
}

/** Says whether there is no such rule, or only not in this convention. */
export function unknownRule(rule: string, convention: string, base = "/optimizer"): Fault {
  const conventions = listRules().filter((each) => each.rule === rule);
  if (conventions.length > 0)
    return {
      pointer: `${base}/convention`,
      message: `${rule} is not there in the convention "${convention}"`,
      allowed: conventions.map((each) => each.convention),
    };
  const allowed = [...new Set(listRules().map((each) => each.rule))];
  return { pointer: `${base}/rule`, message: `there is no rule "${rule}"`, allowed };
}
