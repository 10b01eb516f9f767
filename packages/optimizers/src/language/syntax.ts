import type { Place } from "./tokens.ts";

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "^";
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** The functions of the language, with how many arguments each takes. */
export const FUNCTIONS = { sqrt: 1, abs: 1, sign: 1, min: 2, max: 2 } as const;
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

export interface Rule {
  /** The first comment line: what the rule is and where it comes from. */
  title: string;
  hypers: HyperDeclaration[];
  states: (Place & { name: string; start: number })[];
  /** `w -= x` is already `w = w - x` here. */
  assignments: (Place & { target: string; value: Expression })[];
}
