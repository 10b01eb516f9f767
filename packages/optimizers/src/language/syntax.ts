import type { Place } from "./tokens.ts";

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "^";
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

/**
 * The functions of the language, with how many arguments each takes. `float` rounds a scalar to the
 * precision the rule runs in, `float32` to float32 always; `norm` and `rms` reduce an array over one
 * parameter tensor.
 */
export const FUNCTIONS = {
  sqrt: 1,
  abs: 1,
  sign: 1,
  min: 2,
  max: 2,
  float: 1,
  float32: 1,
  norm: 1,
  rms: 1,
} as const;
export type FunctionName = keyof typeof FUNCTIONS;

export type Expression = Place &
  (
    | { kind: "number"; value: number }
    | { kind: "name"; name: string }
    | { kind: "negate"; operand: Expression }
    | { kind: "arithmetic"; operator: ArithmeticOperator; left: Expression; right: Expression }
    | { kind: "compare"; operator: Comparison; left: Expression; right: Expression }
    | { kind: "call"; name: FunctionName; arguments: Expression[] }
    | { kind: "if"; condition: Expression; then: Expression; otherwise: Expression }
  );

export interface HyperDeclaration extends Place {
  name: string;
  default: number | boolean;
  minimum: number;
  exclusiveMinimum: boolean;
  maximum: number;
  exclusiveMaximum: boolean;
}

/** What is kept from step to step: as large as the parameters (a state), or one number (a scalar). */
export interface KeptDeclaration extends Place {
  name: string;
  /** A number, or the name of a hyper. */
  start: number | string;
}

/** `w -= x` is already `w = w - x` here. */
export interface Assignment extends Place {
  target: string;
  value: Expression;
}

export interface Rule {
  /** The comment at the top: what the rule is and where it comes from. */
  title: string;
  hypers: HyperDeclaration[];
  states: KeptDeclaration[];
  scalars: KeptDeclaration[];
  assignments: Assignment[];
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

/** The same expression over other sub-expressions. */
export function rebuild(
  expression: Expression,
  change: (operand: Expression) => Expression,
): Expression {
  switch (expression.kind) {
    case "number":
    case "name":
      return expression;
    case "negate":
      return { ...expression, operand: change(expression.operand) };
    case "arithmetic":
    case "compare": {
      const left = change(expression.left);
      return { ...expression, left, right: change(expression.right) };
    }
    case "call":
      return { ...expression, arguments: expression.arguments.map(change) };
    case "if": {
      const condition = change(expression.condition);
      const then = change(expression.then);
      return { ...expression, condition, then, otherwise: change(expression.otherwise) };
    }
  }
}
