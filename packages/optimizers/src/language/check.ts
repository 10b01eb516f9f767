import { BUILT_IN } from "./parse.ts";
import { planProgram } from "./plan.ts";
import { RuleError } from "./rule-error.ts";
import type { HyperDeclaration, Rule } from "./syntax.ts";

const START = { line: 1, column: 1 };

/**
 * Refuses what reads well but means nothing: unknown or doubled names, writing to a hyper or to `t`, an
 * array where a scalar is wanted, a rule that never updates `w`.
 *
 * @throws RuleError
 */
export function checkRule(rule: Rule): void {
  const { hypers, states, scalars, assignments } = rule;
  const known = new Set<string>(BUILT_IN);
  for (const { name, ...place } of [...hypers, ...states, ...scalars]) {
    if (known.has(name)) throw new RuleError(`"${name}" already has a meaning`, place);
    known.add(name);
  }
  for (const hyper of hypers) checkHyper(hyper);
  if (!hypers.some(({ name }) => name === "lr"))
    throw new RuleError('a rule declares "hyper lr = ..."', START);
  checkStarts(rule);

  const fixed = new Set(["t", ...hypers.map(({ name }) => name)]);
  for (const { target, ...place } of assignments)
    if (fixed.has(target)) throw new RuleError(`"${target}" cannot be assigned to`, place);
  if (!assignments.some(({ target }) => target === "w"))
    throw new RuleError('a rule updates "w"', START);
  planRule(rule);
}

/** What a rule computes, as a plan over its arrays and scalars. @throws RuleError */
export function planRule({ hypers, states, scalars, assignments }: Rule) {
  const names = (declared: readonly { name: string }[]) => declared.map(({ name }) => name);
  return planProgram({
    assignments,
    arrays: ["w", "g", ...names(states)],
    readOnly: ["g"],
    inputs: ["t", ...names(hypers), ...names(scalars)],
    scalars: names(scalars),
  });
}

function checkHyper(hyper: HyperDeclaration): void {
  const { name, default: value, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = hyper;
  if (typeof value === "boolean") {
    if (name === "lr") throw new RuleError('"lr" is a number', hyper);
    if (minimum > Number.NEGATIVE_INFINITY || maximum < Number.POSITIVE_INFINITY)
      throw new RuleError(`"${name}" is true or false: it has no range`, hyper);
    return;
  }
  if (!Number.isFinite(value))
    throw new RuleError(`the default of "${name}" must be a finite number`, hyper);
  if (minimum > maximum || (minimum === maximum && (exclusiveMinimum || exclusiveMaximum)))
    throw new RuleError(`the range of "${name}" is empty`, hyper);
  const above = exclusiveMinimum ? value > minimum : value >= minimum;
  const below = exclusiveMaximum ? value < maximum : value <= maximum;
  if (!above || !below) throw new RuleError(`the default of "${name}" is outside its range`, hyper);
}

function checkStarts({ hypers, states, scalars }: Rule): void {
  const numbers = hypers.filter((hyper) => typeof hyper.default === "number");
  for (const { name, start, ...place } of [...states, ...scalars]) {
    if (typeof start === "number" && !Number.isFinite(start))
      throw new RuleError(`the start value of "${name}" must be finite`, place);
    if (typeof start === "string" && !numbers.some((hyper) => hyper.name === start))
      throw new RuleError(
        `"${name}" starts as a number or a number hyper; "${start}" is neither`,
        place,
      );
  }
}
