import type { Precision } from "@descent/contracts";
import type { Expression } from "../language/syntax.ts";
import { getLocal, setLocal, simd, teeLocal } from "./encode.ts";
import { AND, BITSELECT, COMPARE, LANES, splat } from "./instructions.ts";

/** What an expression is compiled in. */
export interface Scope {
  precision: Precision;
  /** Code that leaves a named value as a vector. */
  name(name: string): number[];
  /** The local of an intermediate result, fresh for a name not seen before. */
  local(name: string): number;
}

/** Code that leaves the value of an array expression as a vector: each operation once, in order. */
export function emitExpression(expression: Expression, scope: Scope): number[] {
  const { precision } = scope;
  const lanes = LANES[precision];
  const emit = (each: Expression) => emitExpression(each, scope);
  switch (expression.kind) {
    case "number":
      return splat(expression.value, precision);
    case "name":
      return scope.name(expression.name);
    case "negate":
      return [...emit(expression.operand), ...simd(lanes.neg)];
    case "arithmetic": {
      const { operator, left, right } = expression;
      if (operator !== "^") return [...emit(left), ...emit(right), ...simd(lanes[operator])];
      const base = scope.local(`power ${expression.line}:${expression.column}`);
      const again = [...getLocal(base), ...simd(lanes["*"])];
      const times = right.kind === "number" ? right.value - 1 : 0;
      const factors = Array.from({ length: times }, () => again).flat();
      return [...emit(left), ...teeLocal(base), ...factors];
    }
    case "compare":
      return [...emitMask(expression, scope), ...splat(1, precision), ...AND];
    case "if": {
      const branches = [...emit(expression.then), ...emit(expression.otherwise)];
      return [...branches, ...emitMask(expression.condition, scope), ...BITSELECT];
    }
    case "call": {
      const given = expression.arguments.flatMap(emit);
      const { name } = expression;
      if (name === "sign")
        return emitSign(
          given,
          scope.local(`sign ${expression.line}:${expression.column}`),
          precision,
        );
      if (name === "sqrt" || name === "abs" || name === "min" || name === "max")
        return [...given, ...simd(lanes[name])];
      throw new Error(`${name} of an array passed the plan`);
    }
  }
}

/** All bits of a lane where the condition holds. */
function emitMask(condition: Expression, scope: Scope): number[] {
  const compare = COMPARE[scope.precision];
  const emit = (each: Expression) => emitExpression(each, scope);
  if (condition.kind !== "compare")
    return [...emit(condition), ...splat(0, scope.precision), ...simd(compare["!="])];
  const { operator, left, right } = condition;
  return [...emit(left), ...emit(right), ...simd(compare[operator])];
}

/** (x > 0) - (x < 0), and x itself where it is no number. */
function emitSign(operand: number[], x: number, precision: Precision): number[] {
  const compare = COMPARE[precision];
  const side = (comparison: "<" | ">") => [
    ...[...getLocal(x), ...splat(0, precision), ...simd(compare[comparison])],
    ...[...splat(1, precision), ...AND],
  ];
  const sign = [...side(">"), ...side("<"), ...simd(LANES[precision]["-"])];
  const isNumber = [...getLocal(x), ...getLocal(x), ...simd(compare["=="])];
  return [...operand, ...setLocal(x), ...sign, ...getLocal(x), ...isNumber, ...BITSELECT];
}
