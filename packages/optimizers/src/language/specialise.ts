import { RuleError } from "./rule-error.ts";
import type { Expression, Rule } from "./syntax.ts";

export type HyperValues = Readonly<Record<string, number | boolean>>;

/**
 * Conditions on hypers alone are decided here, so that the loop never sees the branch not taken, and a
 * state that nothing reads any more is not allocated. `lr` stays open: a schedule may change it.
 */
export function specialise(rule: Rule, hypers: HyperValues): Rule {
  const assignments = rule.assignments.map((assignment) => ({
    ...assignment,
    value: fold(assignment.value, hypers),
  }));
  // `v_max = v_max` is what remains of an option that is off.
  const effective = assignments.filter(
    ({ target, value }) => !(value.kind === "name" && value.name === target),
  );
  const live = liveNames(effective);
  return {
    ...rule,
    assignments: effective.filter(({ target }) => target === "w" || live.has(target)),
    states: rule.states.filter(({ name }) => live.has(name)),
  };
}

/** Every name that `w` depends on, through any step. */
function liveNames(assignments: Rule["assignments"]): Set<string> {
  const live = new Set(["w"]);
  for (let grew = true; grew; ) {
    const before = live.size;
    for (const { target, value } of assignments) {
      if (live.has(target)) for (const name of namesIn(value)) live.add(name);
    }
    grew = live.size > before;
  }
  return live;
}

export function namesIn(expression: Expression): string[] {
  if (expression.kind === "name") return [expression.name];
  return operands(expression).flatMap(namesIn);
}

/** The direct sub-expressions, in the order of evaluation. */
export function operands(expression: Expression): Expression[] {
  switch (expression.kind) {
    case "number":
    case "name":
      return [];
    case "negate":
      return [expression.operand];
    case "arithmetic":
    case "compare":
      return [expression.left, expression.right];
    case "call":
      return expression.arguments;
    case "if":
      return [expression.condition, expression.then, expression.otherwise];
  }
}

function fold(expression: Expression, hypers: HyperValues): Expression {
  switch (expression.kind) {
    case "number":
    case "name":
      return expression;
    case "negate":
      return { ...expression, operand: fold(expression.operand, hypers) };
    case "arithmetic":
    case "compare": {
      const { left, right } = expression;
      return { ...expression, left: fold(left, hypers), right: fold(right, hypers) };
    }
    case "call":
      return { ...expression, arguments: expression.arguments.map((each) => fold(each, hypers)) };
    case "if": {
      const condition = fold(expression.condition, hypers);
      const known = decide(condition, hypers);
      if (known !== null) return fold(known ? expression.then : expression.otherwise, hypers);
      const then = fold(expression.then, hypers);
      return { ...expression, condition, then, otherwise: fold(expression.otherwise, hypers) };
    }
  }
}

/** The truth of a condition that depends on hypers alone, else null. */
function decide(condition: Expression, hypers: HyperValues): boolean | null {
  const fixed = namesIn(condition).every((name) => name !== "lr" && Object.hasOwn(hypers, name));
  return fixed ? evaluate(condition, hypers) !== 0 : null;
}

/**
 * The value of a scalar expression in double precision; a condition is 1 or 0.
 *
 * @throws RuleError on a name without a value
 */
export function evaluate(expression: Expression, values: HyperValues): number {
  switch (expression.kind) {
    case "number":
      return expression.value;
    case "name": {
      const value = values[expression.name];
      if (value === undefined) throw new RuleError(`unknown name "${expression.name}"`, expression);
      return Number(value);
    }
    case "negate":
      return -evaluate(expression.operand, values);
    case "arithmetic": {
      const left = evaluate(expression.left, values);
      const right = evaluate(expression.right, values);
      return ARITHMETIC[expression.operator](left, right);
    }
    case "compare": {
      const left = evaluate(expression.left, values);
      return Number(COMPARE[expression.operator](left, evaluate(expression.right, values)));
    }
    case "call": {
      const given = expression.arguments.map((each) => evaluate(each, values));
      return CALL[expression.name](given[0]!, given[1] ?? 0);
    }
    case "if":
      return evaluate(
        evaluate(expression.condition, values) !== 0 ? expression.then : expression.otherwise,
        values,
      );
  }
}

const ARITHMETIC = {
  "+": (a: number, b: number) => a + b,
  "-": (a: number, b: number) => a - b,
  "*": (a: number, b: number) => a * b,
  "/": (a: number, b: number) => a / b,
  "^": (a: number, b: number) => a ** b,
};
const COMPARE = {
  "==": (a: number, b: number) => a === b,
  "!=": (a: number, b: number) => a !== b,
  "<": (a: number, b: number) => a < b,
  "<=": (a: number, b: number) => a <= b,
  ">": (a: number, b: number) => a > b,
  ">=": (a: number, b: number) => a >= b,
};
const CALL = {
  sqrt: (a: number) => Math.sqrt(a),
  abs: (a: number) => Math.abs(a),
  sign: (a: number) => Math.sign(a),
  min: (a: number, b: number) => Math.min(a, b),
  max: (a: number, b: number) => Math.max(a, b),
};
