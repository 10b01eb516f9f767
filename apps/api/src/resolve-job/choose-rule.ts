import type { Fault, OptimizerSpec } from "@descent/contracts";
import {
  defaultConvention,
  findRule,
  listRules,
  type RuleDescription,
} from "@descent/optimizers/catalogue";

/**
 * The rule that a request names: a built-in one, with the convention left out in `paper` where it has
 * that, else in its first; or the user's own.
 *
 * @param ownRule the user's own rule that the request means, null where it means none
 * @returns null, with the fault, where there is no such rule
 */
export function chooseRule(
  { rule, convention = defaultConvention(rule) }: Pick<OptimizerSpec, "rule" | "convention">,
  ownRule: RuleDescription | null,
  faults: Fault[],
): RuleDescription | null {
  const found = ownRule ?? (convention === undefined ? undefined : findRule(rule, convention));
  if (found) return found;
  const conventions = listRules().filter((each) => each.rule === rule);
  if (conventions.length > 0)
    faults.push({
      pointer: "/optimizer/convention",
      message: `${rule} is not there in the convention "${convention}"`,
      allowed: conventions.map((each) => each.convention),
    });
  else
    faults.push({
      pointer: "/optimizer/rule",
      message: `there is no rule "${rule}"${convention === undefined ? "" : ` in the convention "${convention}"`}`,
      allowed: [...new Set(listRules().map((each) => each.rule))],
    });
  return null;
}
