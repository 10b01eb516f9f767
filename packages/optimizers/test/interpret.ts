import { parseRule } from "../src/language/parse.ts";
import type { Expression } from "../src/language/syntax.ts";

// The language as its documentation says it, without a plan, a loop or WebAssembly: statement by statement,
// element by element. What the compiler makes of a rule must agree with this in every bit.

type Value = number | number[];
type Hypers = Record<string, number | boolean>;

export interface Interpreter {
  values: Map<string, Value>;
  step(gradients: readonly number[], factor?: number): void;
}

export function interpret(
  text: string,
  hypers: Hypers,
  start: readonly number[],
  precision: "float32" | "float64",
): Interpreter {
  const rule = parseRule(text);
  const round = precision === "float32" ? Math.fround : (x: number) => x;
  const starts = (each: number | string) =>
    typeof each === "string" ? Number(hypers[each]) : each;
  const values = new Map<string, Value>([["w", start.map(round)]]);
  for (const { name, start: first } of rule.states)
    values.set(
      name,
      start.map(() => round(starts(first))),
    );
  for (const { name, start: first } of rule.scalars) values.set(name, starts(first));

  const spread = (value: Value): number[] =>
    Array.isArray(value) ? value : start.map(() => round(value));
  /** Scalars stay doubles; what meets an array is rounded, and so is every result. */
  function lift(parts: Value[], operation: (...given: number[]) => number): Value {
    if (!parts.some(Array.isArray)) return operation(...(parts as number[]));
    const arrays = parts.map(spread);
    return start.map((_, i) => round(operation(...arrays.map((array) => array[i]!))));
  }
  const isFixed = (e: Expression): boolean =>
    e.kind === "number" ||
    (e.kind === "name" && e.name !== "lr" && e.name in hypers) ||
    (e.kind === "negate" && isFixed(e.operand)) ||
    ((e.kind === "arithmetic" || e.kind === "compare") && isFixed(e.left) && isFixed(e.right));

  function evaluate(e: Expression): Value {
    switch (e.kind) {
      case "number":
        return e.value;
      case "name":
        return values.get(e.name)!;
      case "negate":
        return lift([evaluate(e.operand)], (x) => -x);
      case "compare": {
        const { operator: o } = e;
        return lift([evaluate(e.left), evaluate(e.right)], (a, b) =>
          Number(
            (o === "<" && a! < b!) ||
              (o === "<=" && a! <= b!) ||
              (o === ">" && a! > b!) ||
              (o === ">=" && a! >= b!) ||
              (o === "==" && a === b) ||
              (o === "!=" && a !== b),
          ),
        );
      }
      case "arithmetic": {
        const [left, right] = [evaluate(e.left), evaluate(e.right)];
        if (e.operator === "^" && Array.isArray(left)) {
          let product: Value = left;
          for (let k = 1; k < (right as number); k++)
            product = lift([product, left], (a, b) => a! * b!);
          return product;
        }
        const operations = {
          "+": (a: number, b: number) => a + b,
          "-": (a: number, b: number) => a - b,
          "*": (a: number, b: number) => a * b,
          "/": (a: number, b: number) => a / b,
          "^": (a: number, b: number) => a ** b,
        };
        return lift([left, right], operations[e.operator] as (...given: number[]) => number);
      }
      case "if": {
        if (isFixed(e.condition))
          return evaluate(evaluate(e.condition) !== 0 ? e.then : e.otherwise);
        const parts = [evaluate(e.condition), evaluate(e.then), evaluate(e.otherwise)];
        return lift(parts, (condition, a, b) => (condition !== 0 ? a! : b!));
      }
      case "call": {
        const given = e.arguments.map(evaluate);
        if (e.name === "norm" || e.name === "rms") {
          const sum = sumOfSquares(spread(given[0]!), precision);
          return Math.sqrt(e.name === "rms" ? sum / start.length : sum);
        }
        const functions = {
          sqrt: Math.sqrt,
          abs: Math.abs,
          sign: (x: number) => (Number.isNaN(x) ? x : x > 0 ? 1 : x < 0 ? -1 : 0),
          min: Math.min,
          max: Math.max,
          float: round,
          float32: Math.fround,
        };
        return lift(given, functions[e.name] as (...given: number[]) => number);
      }
    }
  }

  let t = 0;
  return {
    values,
    step(gradients, factor = 1) {
      for (const [name, value] of Object.entries(hypers)) values.set(name, Number(value));
      values.set("lr", Number(hypers.lr) * factor);
      values.set("t", ++t);
      values.set("g", gradients.map(round));
      const kept = new Set(["w", ...rule.states.map(({ name }) => name)]);
      for (const { target, value } of rule.assignments) {
        const result = evaluate(value);
        values.set(target, kept.has(target) ? spread(result) : result);
      }
    },
  };
}

/**
 * In the order the loops add in, since sums of doubles depend on it: two vectors a turn, the last one or two
 * vectors singly; the halves of each vector of a turn have sums of their own, lane by lane.
 */
function sumOfSquares(values: readonly number[], precision: "float32" | "float64"): number {
  const lanes = precision === "float32" ? 4 : 2;
  const count = Math.ceil(values.length / lanes);
  const paired = count > 2 ? 2 * Math.ceil((count - 2) / 2) : 0;
  const sums = Array.from({ length: 4 }, () => [0, 0]);
  for (const [i, x] of values.entries()) {
    const vector = Math.floor(i / lanes);
    const nth = vector < paired ? vector % 2 : 0;
    const half = Math.floor((i % lanes) / 2);
    sums[2 * nth + half]![i % 2]! += x * x;
  }
  const [a, b, c, d] = sums as [number[], number[], number[], number[]];
  const lane = (k: number) => a[k]! + b[k]! + c[k]! + d[k]!;
  return lane(0) + lane(1);
}
