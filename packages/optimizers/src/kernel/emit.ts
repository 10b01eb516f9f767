import type { Phase } from "../language/plan.ts";
import type { Expression } from "../language/syntax.ts";
import { type Arena, MASKS_AT, SUMS_AT } from "./arena.ts";
import { at, constant, getLocal, type LoopCode, setLocal, simd, teeLocal } from "./encode.ts";
import {
  AND,
  BITSELECT,
  COMPARE,
  extractDouble,
  HIGH_HALF,
  LANES,
  LOAD,
  PROMOTE_LOW,
  STORE,
  splat,
} from "./instructions.ts";

// The parameters of every loop: where it begins and ends, in bytes from each array's start, and which mask
// its last vector has. The position counts up in the first.
const POSITION = 0;
const END = 1;
const MASK = 2;
const PARAMETERS = 3;
const DOUBLE = LANES.float64;

/** Where a loop finds the scalars it reads and leaves its sums: slots of 8 bytes. */
export interface Slots {
  uniform(name: string): number;
  sum(name: string): number;
}

/**
 * Compiles a phase into one loop over 16-byte vectors: each array is loaded once where it is first read,
 * and stored once where it was written. Every operation rounds once, in the order of the text, so results
 * are those of any IEEE machine that does the same.
 */
export function emitLoop(phase: Phase, arena: Arena, slots: Slots): LoopCode {
  const { precision } = arena;
  const lanes = LANES[precision];
  const locals = new Map<string, number>();
  const uniforms = new Map<string, number>();
  const computed = new Set(phase.statements.map(({ name }) => name));
  const local = (name: string) => {
    if (!locals.has(name)) locals.set(name, PARAMETERS + locals.size);
    return locals.get(name)!;
  };

  function emitName(name: string): number[] {
    const isArray = computed.has(name) || phase.loads.has(name);
    if (!isArray) uniforms.set(name, local(name));
    if (!phase.loads.has(name) || locals.has(name)) return getLocal(local(name));
    const from = at(arena.offset(phase.loads.get(name)!));
    return [...getLocal(POSITION), ...simd(LOAD), ...from, ...teeLocal(local(name))];
  }

  function emit(expression: Expression): number[] {
    switch (expression.kind) {
      case "number":
        return splat(expression.value, precision);
      case "name":
        return emitName(expression.name);
      case "negate":
        return [...emit(expression.operand), ...simd(lanes.neg)];
      case "arithmetic": {
        const { operator, left, right } = expression;
        if (operator !== "^") return [...emit(left), ...emit(right), ...simd(lanes[operator])];
        const base = local(`power ${locals.size}`);
        const again = [...getLocal(base), ...simd(lanes["*"])];
        const times = right.kind === "number" ? right.value - 1 : 0;
        const factors = Array.from({ length: times }, () => again).flat();
        return [...emit(left), ...teeLocal(base), ...factors];
      }
      case "compare":
        return [...emitMask(expression), ...splat(1, precision), ...AND];
      case "if": {
        const branches = [...emit(expression.then), ...emit(expression.otherwise)];
        return [...branches, ...emitMask(expression.condition), ...BITSELECT];
      }
      case "call": {
        const given = expression.arguments.flatMap(emit);
        const { name } = expression;
        if (name === "sign") return emitSign(given);
        if (name === "sqrt" || name === "abs" || name === "min" || name === "max")
          return [...given, ...simd(lanes[name])];
        throw new Error(`${name} of an array passed the plan`);
      }
    }
  }

  /** All bits of a lane where the condition holds. */
  function emitMask(condition: Expression): number[] {
    if (condition.kind !== "compare")
      return [...emit(condition), ...splat(0, precision), ...simd(COMPARE[precision]["!="])];
    const { operator, left, right } = condition;
    return [...emit(left), ...emit(right), ...simd(COMPARE[precision][operator])];
  }

  /** (x > 0) - (x < 0), and x itself where it is no number. */
  function emitSign(operand: number[]): number[] {
    const x = local(`sign ${locals.size}`);
    const one = splat(1, precision);
    const side = (comparison: "<" | ">") => [
      ...[...getLocal(x), ...splat(0, precision), ...simd(COMPARE[precision][comparison])],
      ...[...one, ...AND],
    ];
    const sign = [...side(">"), ...side("<"), ...simd(lanes["-"])];
    const isNumber = [...getLocal(x), ...getLocal(x), ...simd(COMPARE[precision]["=="])];
    return [...operand, ...setLocal(x), ...sign, ...getLocal(x), ...isNumber, ...BITSELECT];
  }

  /** sum += x * x in doubles, for the lanes that are no padding. */
  function emitSquares(argument: Expression, name: string): number[] {
    const x = local(`argument of ${name}`);
    const sum = local(name);
    const add = (half: number[]) => [
      ...[...half, ...teeLocal(x), ...getLocal(x), ...simd(DOUBLE["*"])],
      ...[...getLocal(sum), ...simd(DOUBLE["+"]), ...setLocal(sum)],
    ];
    const masked = [...emit(argument), ...emitTailMask(), ...AND];
    if (precision === "float64") return add(masked);
    const whole = local(`vector of ${name}`);
    return [
      ...add([...masked, ...teeLocal(whole), ...PROMOTE_LOW]),
      ...add([...getLocal(whole), ...getLocal(whole), ...HIGH_HALF, ...PROMOTE_LOW]),
    ];
  }

  /** The mask of all lanes, or the given one in the last vector. */
  function emitTailMask(): number[] {
    const isLast = [...getLocal(POSITION), ...constant(16), 0x6a, ...getLocal(END), 0x4f];
    const address = [...getLocal(MASK), ...constant(MASKS_AT), ...isLast, 0x1b];
    return [...address, ...simd(LOAD), ...at(0)];
  }

  const loop = phase.statements.flatMap(({ name, value }) => [
    ...emit(value),
    ...setLocal(local(name)),
  ]);
  for (const { name, argument } of phase.reductions) loop.push(...emitSquares(argument, name));
  for (const { value, array } of phase.stores) {
    const vector = emitName(value);
    loop.push(...getLocal(POSITION), ...vector, ...simd(STORE), ...at(arena.offset(array)));
  }

  const prologue = [...uniforms].flatMap(([name, index]) => {
    const from = at(8 * slots.uniform(name), precision === "float32" ? 2 : 3);
    return [...constant(0), ...simd(lanes.splatLoad), ...from, ...setLocal(index)];
  });
  const epilogue = phase.reductions.flatMap(({ name }) => {
    const lane = (index: 0 | 1) => [...getLocal(local(name)), ...extractDouble(index)];
    const store = [0x39, ...at(SUMS_AT + 8 * slots.sum(name), 3)];
    return [...constant(0), ...lane(0), ...lane(1), 0xa0, ...store];
  });
  const isEmpty = [...getLocal(POSITION), ...getLocal(END), 0x4f];
  const body = [
    ...prologue,
    ...[0x02, 0x40, ...isEmpty, 0x0d, 0], // block: leave it where there is nothing to do
    ...[0x03, 0x40, ...loop], // loop
    ...[...getLocal(POSITION), ...constant(16), 0x6a, ...teeLocal(POSITION)],
    ...[...getLocal(END), 0x49, 0x0d, 0], // again while position < end, unsigned
    ...[0x0b, 0x0b],
    ...epilogue,
  ];
  return { body, vectors: locals.size };
}
