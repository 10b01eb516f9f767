import { CUSTOM, type Fault, type OptimizerSpec } from "@descent/contracts";
import {
  conventionsOf,
  defaultConvention,
  findRule,
  listRules,
  type RuleDescription,
} from "@descent/optimizers/catalogue";

/**
 * The rule that a request names: a built-in one, with the convention left out in `paper` where it has
 * that, else in its first; or the user's own, whose convention is `custom`.
 *
 * @param ownRule the user's own rule of that name, null where there is none
 * @returns null, with the fault, where there is no such rule
 */
export function chooseRule(
  { rule, convention }: Pick<OptimizerSpec, "rule" | "convention">,
  ownRule: RuleDescription | null,
  faults: Fault[],
): RuleDescription | null {
  const conventions = ownRule ? [CUSTOM] : conventionsOf(rule);
  if (conventions.length === 0) {
    faults.push(unknownRule(rule, convention));
    return null;
  }
  const wanted = convention ?? (ownRule ? CUSTOM : defaultConvention(rule));
  if (wanted !== undefined && conventions.includes(wanted))
    return ownRule ?? findRule(rule, wanted) ?? null;
  const message = `${rule} is not there in the convention "${convention}"`;
  faults.push({ pointer: "/optimizer/convention", message, allowed: conventions });
  return null;
}

function unknownRule(rule: string, convention: string | undefined): Fault {
  const pointer = "/optimizer/rule";
  if (convention === CUSTOM) {
    const message = `there is no rule "${rule}" of your own; GET /v1/optimizers?convention=custom lists them`;
    return { pointer, message };
  }
  const allowed = [...new Set(listRules().map((each) => each.rule))];
  return { pointer, message: `there is no rule "${rule}"`, allowed };
}
