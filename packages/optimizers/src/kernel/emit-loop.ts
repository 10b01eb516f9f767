import type { Phase } from "../language/plan.ts";
import type { Expression } from "../language/syntax.ts";
import { type Arena, MASKS_AT, SUMS_AT } from "./arena.ts";
import { emitExpression, type Scope } from "./emit-expression.ts";
import { at, constant, getLocal, type LoopCode, setLocal, simd, teeLocal } from "./encode.ts";
import { AND, extractDouble, HIGH_HALF, LANES, LOAD, PROMOTE_LOW, STORE } from "./instructions.ts";

// The parameters of every loop: where it begins and ends, in bytes from each array's start, and which mask
// its last vector has. The position counts up in the first.
const POSITION = 0;
const END = 1;
const MASK = 2;
const PARAMETERS = 3;
const VECTOR = 16;
/** Vectors a turn. Two hide latencies that one does not; four gained nothing (docs/performance.md). */
const UNROLLED = 2;
const DOUBLE = LANES.float64;

/** Where a loop finds the scalars it reads and leaves its sums: slots of 8 bytes. */
export interface Slots {
  uniform(name: string): number;
  sum(name: string): number;
}

/**
 * Compiles a phase into one pass over 16-byte vectors, two a turn and the rest one by one: each array is
 * loaded once where it is first read, and stored once where it was written. Every operation rounds once, in
 * the order of the text, so results are those of any IEEE machine that does the same.
 */
export function emitLoop(phase: Phase, arena: Arena, slots: Slots): LoopCode {
  const { precision } = arena;
  const locals = new Map<string, number>();
  const uniforms = new Map<string, number>();
  const computed = new Set(phase.statements.map(({ name }) => name));
  const local = (name: string) => {
    if (!locals.has(name)) locals.set(name, PARAMETERS + locals.size);
    return locals.get(name)!;
  };

  /** The code for the vector `nth` of a turn. */
  function emitVector(nth: number, isMasked: boolean): number[] {
    const loaded = new Set<string>();
    const place = (array: string) => at(arena.offset(array) + nth * VECTOR);
    // A state's name is one word: `the half` cannot be a rule's.
    const own = (name: string) => local(`${name} of vector ${nth}`);
    const scope: Scope = { precision, name: emitName, local: own };

    function emitName(name: string): number[] {
      const array = phase.loads.get(name);
      if (array === undefined && !computed.has(name)) {
        uniforms.set(name, local(name));
        return getLocal(local(name));
      }
      if (array === undefined || loaded.has(name)) return getLocal(own(name));
      loaded.add(name);
      return [...getLocal(POSITION), ...simd(LOAD), ...place(array), ...teeLocal(own(name))];
    }

    /** sum += x * x in doubles, for the lanes that are no padding. */
    function emitSquares(argument: Expression, name: string): number[] {
      const mask = isMasked ? [...emitTailMask(), ...AND] : [];
      const vector = [...emitExpression(argument, scope), ...mask];
      const half = own("the half");
      const add = (doubles: number[], sum: string) => [
        ...[...doubles, ...teeLocal(half), ...getLocal(half), ...simd(DOUBLE["*"])],
        ...[...getLocal(local(sum)), ...simd(DOUBLE["+"]), ...setLocal(local(sum))],
      ];
      const [low, high] = sumsOf(name, nth);
      if (precision === "float64") return add(vector, low);
      const whole = own("the whole");
      return [
        ...add([...vector, ...teeLocal(whole), ...PROMOTE_LOW], low),
        ...add([...getLocal(whole), ...getLocal(whole), ...HIGH_HALF, ...PROMOTE_LOW], high),
      ];
    }

    const code = phase.statements.flatMap(({ name, value }) => [
      ...emitExpression(value, scope),
      ...setLocal(own(name)),
    ]);
    for (const { name, argument } of phase.reductions) code.push(...emitSquares(argument, name));
    for (const { value, array } of phase.stores)
      code.push(...getLocal(POSITION), ...emitName(value), ...simd(STORE), ...place(array));
    return code;
  }

  const turn = Array.from({ length: UNROLLED }, (_, nth) => emitVector(nth, false)).flat();
  const single = emitVector(0, true);
  const left = [...getLocal(END), ...getLocal(POSITION), 0x6b];
  const body = [
    // The last vector, which may be partly padding, is left to the second loop.
    ...emitWhile([...left, ...constant(UNROLLED * VECTOR), 0x4b], [...turn, ...advance(UNROLLED)]),
    ...emitWhile(left, [...single, ...advance(1)]),
  ];
  const prologue = [...uniforms].flatMap(([name, index]) => {
    const from = at(8 * slots.uniform(name), precision === "float32" ? 2 : 3);
    return [...constant(0), ...simd(LANES[precision].splatLoad), ...from, ...setLocal(index)];
  });
  const epilogue = phase.reductions.flatMap(({ name }) => {
    const halves = Array.from({ length: UNROLLED }, (_, nth) => sumsOf(name, nth)).flat();
    const total = halves.map((half) => getLocal(local(half)));
    const added = total.slice(1).flatMap((half) => [...half, ...simd(DOUBLE["+"])]);
    const sum = local(`total of ${name}`);
    const lanes = [
      ...[...total[0]!, ...added, ...teeLocal(sum), ...extractDouble(0)],
      ...[...getLocal(sum), ...extractDouble(1), 0xa0],
    ];
    return [...constant(0), ...lanes, 0x39, ...at(SUMS_AT + 8 * slots.sum(name), 3)];
  });
  return { body: [...prologue, ...body, ...epilogue], vectors: locals.size };
}

/** A norm's partial sums of a vector's two halves: sums that do not wait for each other. */
const sumsOf = (name: string, nth: number) =>
  [`${name} low ${nth}`, `${name} high ${nth}`] as const;

const advance = (vectors: number) => [
  ...[...getLocal(POSITION), ...constant(vectors * VECTOR), 0x6a, ...setLocal(POSITION)],
];

/** block { loop { leave unless the condition holds; code; again } } */
const emitWhile = (condition: number[], code: number[]) => [
  ...[0x02, 0x40, 0x03, 0x40, ...condition, 0x45, 0x0d, 1],
  ...[...code, 0x0c, 0, 0x0b, 0x0b],
];

/** The mask of all lanes, or in the last vector the given one. */
function emitTailMask(): number[] {
  const isLast = [...getLocal(POSITION), ...constant(VECTOR), 0x6a, ...getLocal(END), 0x4f];
  const address = [...getLocal(MASK), ...constant(MASKS_AT), ...isLast, 0x1b];
  return [...address, ...simd(LOAD), ...at(0)];
}
