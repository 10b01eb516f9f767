import type { Precision } from "@descent/contracts";
import type { ArithmeticOperator, Comparison, Expression, FunctionName } from "./syntax.ts";

/** The arithmetic of scalars: doubles; a comparison is 1 or 0. */
const ARITHMETIC: Record<ArithmeticOperator, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "^": (a, b) => a ** b,
};
const COMPARE: Record<Comparison, (a: number, b: number) => boolean> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};
/** `round` rounds to the precision the rule runs in. Reductions never come here: a plan makes them names. */
const CALL: Record<
  Exclude<FunctionName, "norm" | "rms">,
  (a: number, b: number, round: Round) => number
> = {
  sqrt: (a) => Math.sqrt(a),
  abs: (a) => Math.abs(a),
  sign: (a) => (a > 0 ? 1 : a < 0 ? -1 : a === 0 ? 0 : Number.NaN),
  min: (a, b) => Math.min(a, b),
  max: (a, b) => Math.max(a, b),
  float: (a, _, round) => round(a),
  float32: (a) => Math.fround(a),
};
type Round = (value: number) => number;

export const roundingTo = (precision: Precision): Round =>
  precision === "float32" ? Math.fround : (value) => value;

/** A scalar expression made ready: reads its names from `slots`. */
export type Scalar = (slots: Float64Array) => number;

/**
 * Makes a scalar expression of names, numbers and operations into a function, so that a step costs no walk
 * over trees.
 *
 * @param slotOf where a name's value stands
 * @param round to the precision the rule runs in
 */
export function readyScalar(
  expression: Expression,
  slotOf: (name: string) => number,
  round: Round,
): Scalar {
  const ready = (each: Expression) => readyScalar(each, slotOf, round);
  switch (expression.kind) {
    case "number": {
      const { value } = expression;
      return () => value;
    }
    case "name": {
      const slot = slotOf(expression.name);
      return (slots) => slots[slot]!;
    }
    case "negate": {
      const operand = ready(expression.operand);
      return (slots) => -operand(slots);
    }
    case "arithmetic": {
      const [left, right] = [ready(expression.left), ready(expression.right)];
      const operation = ARITHMETIC[expression.operator];
      return (slots) => operation(left(slots), right(slots));
    }
    case "compare": {
      const [left, right] = [ready(expression.left), ready(expression.right)];
      const comparison = COMPARE[expression.operator];
      return (slots) => (comparison(left(slots), right(slots)) ? 1 : 0);
    }
    case "call": {
      const { name } = expression;
      if (name === "norm" || name === "rms") throw new Error(`${name} is no scalar operation`);
      const given = expression.arguments.map(ready);
      const [first, second = () => 0] = given as [Scalar, Scalar?];
      const operation = CALL[name];
      return (slots) => operation(first(slots), second(slots), round);
    }
    case "if": {
      const condition = ready(expression.condition);
      const [then, otherwise] = [ready(expression.then), ready(expression.otherwise)];
      return (slots) => (condition(slots) !== 0 ? then(slots) : otherwise(slots));
    }
  }
}

/** The value of an expression of numbers and hypers. */
export function evaluateConstant(
  expression: Expression,
  values: Readonly<Record<string, number | boolean>>,
  round: Round,
): number {
  const names: string[] = [];
  const slotOf = (name: string) => names.push(name) - 1;
  const scalar = readyScalar(expression, slotOf, round);
  return scalar(Float64Array.from(names, (name) => Number(values[name])));
}
