import { namesIn } from "../language/specialise.ts";
import type { Comparison, Expression, Rule } from "../language/syntax.ts";
import { at, encodeModule, I32, signed, simd, unsigned, V128 } from "./encode.ts";

export type Precision = "float32" | "float64";
export const BYTES = { float32: 4, float64: 8 } as const;

/** SIMD opcodes by lane type (WebAssembly core specification 2.0, vector instructions). */
const OP = {
  float32: {
    splatLoad: 0x09,
    abs: 0xe0,
    neg: 0xe1,
    sqrt: 0xe3,
    "+": 0xe4,
    "-": 0xe5,
    "*": 0xe6,
    "/": 0xe7,
    min: 0xe8,
    max: 0xe9,
  },
  float64: {
    splatLoad: 0x0a,
    abs: 0xec,
    neg: 0xed,
    sqrt: 0xef,
    "+": 0xf0,
    "-": 0xf1,
    "*": 0xf2,
    "/": 0xf3,
    min: 0xf4,
    max: 0xf5,
  },
} as const;
const COMPARE: Record<Precision, Record<Comparison, number>> = {
  float32: { "==": 0x41, "!=": 0x42, "<": 0x43, ">": 0x44, "<=": 0x45, ">=": 0x46 },
  float64: { "==": 0x47, "!=": 0x48, "<": 0x49, ">": 0x4a, "<=": 0x4b, ">=": 0x4c },
};
const LOAD = 0x00;
const STORE = 0x0b;
const ZERO = [...simd(0x0c), ...new Array<number>(16).fill(0)];
const BITSELECT = 0x52;
const SUBTRACT = "-";

/**
 * The step's scalars stand at the start of the memory, 8 bytes each. The parser's bounds keep any rule below
 * this: at most 500 operands, 200 assignments and as many operands that `+=` implies.
 */
export const MAX_UNIFORMS = 1024;

/** Where an array lives in the memory, in bytes. */
export type Layout = Readonly<Record<string, number>>;

export interface Kernel {
  bytes: Uint8Array<ArrayBuffer>;
  /** Scalar expressions to evaluate in double precision once per step, in the order of their slots. */
  uniforms: { expression: Expression; name: string | null }[];
}

/**
 * Compiles a specialised rule into one loop over 16-byte vectors: each array is loaded once where it is
 * first read, and stored once where it was written. Every operation rounds once, in the order of the
 * text, so results are those of any IEEE machine that does the same.
 *
 * @param layout byte offsets of `w`, `g` and the states
 */
export function emitKernel(rule: Rule, layout: Layout, precision: Precision): Kernel {
  const op = OP[precision];
  const arrays = new Set(["w", "g", ...rule.states.map(({ name }) => name)]);
  const elements = new Set(arrays);
  const uniforms: Kernel["uniforms"] = [];
  const slots = new Map<string, number>();
  const locals = new Map<string, number>();
  const written = new Set<string>();
  const loop: number[] = [];
  // Local 0 is the byte count, local 1 the byte position; vectors follow.
  const local = (name: string) => {
    const found = locals.get(name);
    if (found !== undefined) return found;
    locals.set(name, locals.size + 2);
    return locals.size + 1;
  };
  const keyOf = (name: string) => `name ${name}`;
  const isScalar = (expression: Expression) =>
    !namesIn(expression).some((name) => elements.has(name));

  function uniform(expression: Expression): number[] {
    const key =
      expression.kind === "name"
        ? keyOf(expression.name)
        : expression.kind === "number"
          ? `${expression.value}`
          : `#${uniforms.length}`;
    let slot = slots.get(key);
    if (slot === undefined) {
      slot = uniforms.push({ expression, name: null }) - 1;
      slots.set(key, slot);
    }
    return [0x20, ...unsigned(local(`uniform ${slot}`))];
  }

  function emit(expression: Expression): number[] {
    if (isScalar(expression)) return uniform(expression);
    switch (expression.kind) {
      case "name": {
        const { name } = expression;
        if (locals.has(name)) return [0x20, ...unsigned(local(name))];
        return [0x20, 1, ...simd(LOAD), ...at(layout[name]!), 0x22, ...unsigned(local(name))];
      }
      case "negate":
        return [...emit(expression.operand), ...simd(op.neg)];
      case "arithmetic": {
        const { operator, left, right } = expression;
        if (operator !== "^") return [...emit(left), ...emit(right), ...simd(op[operator])];
        const base = local(`power ${expression.line}:${expression.column}`);
        const times = right.kind === "number" ? right.value - 1 : 0;
        const again = [0x20, ...unsigned(base), ...simd(op["*"])];
        return [
          ...emit(left),
          0x22,
          ...unsigned(base),
          ...Array.from({ length: times }, () => again).flat(),
        ];
      }
      case "call": {
        const given = expression.arguments.flatMap((each) => emit(each));
        if (expression.name !== "sign") return [...given, ...simd(op[expression.name])];
        return emitSign(given, `sign ${expression.line}:${expression.column}`);
      }
      case "if": {
        const condition = [
          ...uniform(expression.condition),
          ...ZERO,
          ...simd(COMPARE[precision]["!="]),
        ];
        return [
          ...emit(expression.then),
          ...emit(expression.otherwise),
          ...condition,
          ...simd(BITSELECT),
        ];
      }
      default:
        throw new Error(`a ${expression.kind} of arrays passed the check`);
    }
  }

  /** (x > 0) - (x < 0), from comparison masks that select 1; NaN gives 0. */
  function emitSign(operand: number[], name: string): number[] {
    const x = unsigned(local(name));
    const one = uniform({ kind: "number", value: 1, line: 0, column: 0 });
    const side = (comparison: "<" | ">") => [
      ...[...one, ...ZERO, 0x20, ...x, ...ZERO, ...simd(COMPARE[precision][comparison])],
      ...simd(BITSELECT),
    ];
    return [...operand, 0x21, ...x, ...side(">"), ...side("<"), ...simd(op[SUBTRACT])];
  }

  for (const { target, value } of rule.assignments) {
    if (isScalar(value) && !elements.has(target)) {
      uniforms.push({ expression: value, name: target });
      slots.delete(keyOf(target)); // what was read before this assignment keeps its own slot
      continue;
    }
    elements.add(target);
    loop.push(...emit(value), 0x21, ...unsigned(local(target)));
    written.add(target);
  }
  for (const name of arrays) {
    if (name === "g" || !written.has(name)) continue;
    loop.push(0x20, 1, 0x20, ...unsigned(local(name)), ...simd(STORE), ...at(layout[name]!));
  }

  const prologue = [...locals]
    .filter(([name]) => name.startsWith("uniform "))
    .flatMap(([name, index]) => {
      const slot = Number(name.slice("uniform ".length));
      const load = precision === "float32" ? at(slot * 8, 2) : at(slot * 8, 3);
      return [0x41, 0, ...simd(op.splatLoad), ...load, 0x21, ...unsigned(index)];
    });
  const body = [
    ...prologue,
    ...[0x20, 0, 0x45, 0x04, 0x40, 0x0f, 0x0b], // nothing to do
    ...[0x03, 0x40], // loop
    ...loop,
    ...[0x20, 1, 0x41, ...signed(16), 0x6a, 0x22, 1], // position += 16
    ...[0x20, 0, 0x49, 0x0d, 0], // again while position < count, unsigned
    0x0b,
  ];
  const declared = [
    { type: I32, count: 1 },
    { type: V128, count: locals.size },
  ];
  return { bytes: encodeModule(body, declared, false), uniforms };
}
