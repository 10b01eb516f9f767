import type { Precision } from "@descent/contracts";
import { readyScalar, roundingTo } from "../language/evaluate.ts";
import type { Phase, Plan } from "../language/plan.ts";
import { namesIn } from "../language/syntax.ts";
import {
  type Arena,
  BYTES,
  MASKS_AT,
  MAX_SUMS,
  MAX_UNIFORMS,
  type Range,
  SUMS_AT,
} from "./arena.ts";
import { emitLoop } from "./emit-loop.ts";
import { encodeModule } from "./encode.ts";

/** A plan in an arena, ready to run. */
export interface LoadedProgram {
  /** Gives a scalar its value for the runs to come. */
  set(name: string, value: number): void;
  get(name: string): number;
  /** Runs all phases; where there are norms, range by range, each a tensor of its own. */
  run(ranges: readonly Range[]): void;
}

/**
 * Compiles the loops of a plan and makes its scalars ready.
 *
 * @param fixed inputs that are set once, before the first run
 */
export function loadProgram(
  plan: Plan,
  inputs: readonly string[],
  fixed: ReadonlySet<string>,
  arena: Arena,
): LoadedProgram {
  const { precision, memory } = arena;
  const slots = new Map(inputs.map((name, index) => [name, index]));
  const reductions = plan.phases.flatMap((phase) => phase.reductions);
  for (const { name } of [...plan.steps, ...reductions]) slots.set(name, slots.size);
  const slotOf = (name: string): number => {
    const slot = slots.get(name);
    if (slot === undefined) throw new Error(`the program has no scalar "${name}"`);
    return slot;
  };
  const values = new Float64Array(slots.size);

  // The loops, and which scalars they read.
  const uniforms = new Map<string, number>();
  const uniform = (name: string) => {
    slotOf(name);
    if (!uniforms.has(name)) uniforms.set(name, uniforms.size);
    return uniforms.get(name)!;
  };
  const sum = (name: string) => reductions.findIndex((each) => each.name === name);
  const code = encodeModule(plan.phases.map((phase) => emitLoop(phase, arena, { uniform, sum })));
  if (uniforms.size > MAX_UNIFORMS || reductions.length > MAX_SUMS)
    throw new Error("a program passed the bounds of its arena");
  const module = new WebAssembly.Module(code);
  const { exports } = new WebAssembly.Instance(module, { arena: { memory } });

  // The scalars: those of hypers alone are computed once, the others before every loop of their phase.
  const round = roundingTo(precision);
  const settled = new Set(fixed);
  const steps = plan.steps.map(({ name, expression, phase }) => {
    const once = namesIn(expression).every((each) => settled.has(each));
    if (once) settled.add(name);
    return { slot: slotOf(name), scalar: readyScalar(expression, slotOf, round), phase, once };
  });
  const shared = writeUniforms(precision, memory, uniforms, slotOf);
  const phases = plan.phases.map((phase, index) => ({
    loop: exports[String(index)] as (begin: number, end: number, mask: number) => void,
    steps: steps.filter((step) => step.phase === index && !step.once),
    reductions: readyReductions(phase, slotOf, sum, memory),
  }));
  let isReady = false;

  function compute(index: number): void {
    for (const { slot, scalar } of phases[index]!.steps) values[slot] = scalar(values);
    shared(values);
  }

  return {
    set(name, value) {
      values[slotOf(name)] = value;
    },
    get: (name) => values[slotOf(name)]!,
    run(ranges) {
      if (!isReady)
        for (const { slot, scalar, once } of steps) if (once) values[slot] = scalar(values);
      isReady = true;
      compute(0);
      for (const range of ranges) {
        const { begin, end, mask } = bytesOf(range, precision);
        for (const [index, { loop, reductions }] of phases.entries()) {
          if (index > 0) compute(index);
          loop(begin, end, mask);
          for (const reduce of reductions) reduce(values, range.length);
        }
      }
      for (const [name, last] of plan.kept) values[slotOf(name)] = values[slotOf(last)]!;
    },
  };
}

function bytesOf({ begin, length }: Range, precision: Precision) {
  const width = BYTES[precision];
  const end = Math.ceil(((begin + length) * width) / 16) * 16;
  return { begin: begin * width, end, mask: MASKS_AT + 16 * (length % (16 / width)) };
}

/** Copies the scalars that loops read to where they read them. */
function writeUniforms(
  precision: Precision,
  memory: WebAssembly.Memory,
  uniforms: ReadonlyMap<string, number>,
  slotOf: (name: string) => number,
): (values: Float64Array) => void {
  const [view, stride] =
    precision === "float32"
      ? [new Float32Array(memory.buffer, 0, 2 * MAX_UNIFORMS), 2]
      : [new Float64Array(memory.buffer, 0, MAX_UNIFORMS), 1];
  const from = Uint16Array.from(uniforms.keys(), slotOf);
  const to = Uint16Array.from(uniforms.values(), (index) => index * stride);
  return (values) => {
    for (let i = 0; i < from.length; i++) view[to[i]!] = values[from[i]!]!;
  };
}

/** Turns the sums of squares a loop left into the norms they are. */
function readyReductions(
  { reductions }: Phase,
  slotOf: (name: string) => number,
  sum: (name: string) => number,
  memory: WebAssembly.Memory,
) {
  return reductions.map(({ name, kind }) => {
    const sums = new Float64Array(memory.buffer, SUMS_AT + 8 * sum(name), 1);
    const slot = slotOf(name);
    return (values: Float64Array, length: number) => {
      values[slot] = Math.sqrt(kind === "rms" ? sums[0]! / length : sums[0]!);
    };
  });
}
