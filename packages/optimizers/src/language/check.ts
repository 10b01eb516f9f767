import { BUILT_IN } from "./parse.ts";
import { RuleError } from "./rule-error.ts";
import { namesIn, operands } from "./specialise.ts";
import type { Expression, HyperDeclaration, Rule } from "./syntax.ts";

/**
 * Refuses what reads well but means nothing: unknown or doubled names, writing to a hyper or to `t`,
 * element-wise powers that are no small whole number, a rule that never updates `w`.
 *
 * @throws RuleError
 */
export function checkRule(rule: Rule): void {
  const fixed = new Set<string>(["t"]);
  const known = new Set<string>(BUILT_IN);
  for (const { name, ...place } of [...rule.hypers, ...rule.states]) {
    if (known.has(name)) throw new RuleError(`"${name}" already has a meaning`, place);
    known.add(name);
  }
  for (const hyper of rule.hypers) {
    fixed.add(hyper.name);
    checkHyper(hyper);
  }
  for (const { name, start, ...place } of rule.states)
    if (!Number.isFinite(start))
      throw new RuleError(`the start value of "${name}" must be finite`, place);
  if (!rule.hypers.some(({ name }) => name === "lr"))
    throw new RuleError('a rule declares "hyper lr = ..."', { line: 1, column: 1 });

  const elements = new Set(["w", "g", ...rule.states.map(({ name }) => name)]);
  for (const { target, value, ...place } of rule.assignments) {
    if (fixed.has(target)) throw new RuleError(`"${target}" cannot be assigned to`, place);
    checkExpression(value, known, elements);
    known.add(target);
    if (namesIn(value).some((name) => elements.has(name))) elements.add(target);
    else if (!elements.has(target)) fixed.add(target);
  }
  if (!rule.assignments.some(({ target }) => target === "w"))
    throw new RuleError('a rule updates "w"', { line: 1, column: 1 });
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
  const above = exclusiveMinimum ? value > minimum : value >= minimum;
  const below = exclusiveMaximum ? value < maximum : value <= maximum;
  if (!above || !below) throw new RuleError(`the default of "${name}" is outside its range`, hyper);
}

function checkExpression(expression: Expression, known: Set<string>, elements: Set<string>): void {
  if (expression.kind === "name" && !known.has(expression.name)) {
    const names = [...known].join(", ");
    throw new RuleError(`unknown name "${expression.name}"; known here: ${names}`, expression);
  }
  if (expression.kind === "arithmetic" && expression.operator === "^") {
    const elementWise = namesIn(expression.left).some((name) => elements.has(name));
    const power = expression.right.kind === "number" ? expression.right.value : Number.NaN;
    const exponents = namesIn(expression.right);
    if (
      exponents.some((name) => elements.has(name)) ||
      (elementWise && ![1, 2, 3, 4].includes(power))
    )
      throw new RuleError("an array can be raised to 1, 2, 3 or 4 only", expression.right);
  }
  if (expression.kind === "compare" && namesIn(expression).some((name) => elements.has(name)))
    throw new RuleError(
      "a comparison of arrays; a condition reads hypers and the step only, not arrays",
      expression,
    );
  if (expression.kind === "if" && namesIn(expression.condition).some((name) => elements.has(name)))
    throw new RuleError(
      "a condition reads hypers and the step only, not arrays",
      expression.condition,
    );
  for (const operand of operands(expression)) checkExpression(operand, known, elements);
}
