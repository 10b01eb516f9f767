import type { Precision } from "@descent/contracts";
import { checkRule, planRule } from "./check.ts";
import { roundingTo } from "./evaluate.ts";
import { parseRule } from "./parse.ts";
import type { Plan } from "./plan.ts";
import { type HyperValues, specialise } from "./specialise.ts";

/** A rule with its hypers decided, ready to be loaded into memory. */
export interface PreparedRule {
  plan: Plan;
  states: readonly string[];
  /** What every state and scalar starts as. */
  starts: ReadonlyMap<string, number>;
  scalars: readonly string[];
}

/**
 * Reads, checks and plans a rule's text.
 *
 * @param hypers every hyper of the rule has a value here
 * @throws RuleError where the text cannot be used
 */
export function prepareRule(text: string, hypers: HyperValues, precision: Precision): PreparedRule {
  const parsed = parseRule(text);
  checkRule(parsed);
  const rule = specialise(parsed, hypers, roundingTo(precision));
  const starts = [...rule.states, ...rule.scalars].map(({ name, start }): [string, number] => [
    name,
    typeof start === "string" ? Number(hypers[start]) : start,
  ]);
  const names = (declared: readonly { name: string }[]) => declared.map(({ name }) => name);
  return {
    plan: planRule(rule),
    states: names(rule.states),
    scalars: names(rule.scalars),
    starts: new Map(starts),
  };
}
