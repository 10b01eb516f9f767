import type { Clip, Precision } from "@descent/contracts";
import {
  AVERAGE,
  BATCH_SUM,
  loadAccumulation,
  loadAverage,
  loadClip,
  loadNorm,
} from "./gradients.ts";
import { BYTES, createArena, type Numbers, type Range } from "./kernel/arena.ts";
import { loadProgram } from "./kernel/load-program.ts";
import { scratchName } from "./language/plan.ts";
import { prepareRule } from "./language/prepare-rule.ts";
import type { HyperValues } from "./language/specialise.ts";

export interface OptimizerOptions<P extends Precision> {
  /** The rule. */
  text: string;
  precision: P;
  /** The parameter tensors in the flat arrays, each on a multiple of 16 bytes; what lies between is padding. */
  tensors: readonly Range[];
  /** Of the flat arrays; left out, they end with the last tensor. */
  length?: number;
  /** Tensors (by index) with the hypers they have; every tensor is in one group. */
  groups: readonly { tensors: readonly number[]; hypers: HyperValues }[];
  clip?: Clip | null;
  /** Whose way of clipping by norm. */
  convention?: string;
  /** Whether gradients of several batches make one step. */
  accumulate?: boolean;
  ema?: { decay: number } | null;
}

/** An optimizer over flat arrays of parameters; its views stay valid for its whole life. */
export interface Optimizer<P extends Precision = Precision> {
  memory: WebAssembly.Memory;
  weights: Numbers<P>;
  /** Written by whoever computes gradients, read (and clipped in place) by `step`. */
  gradients: Numbers<P>;
  states: Record<string, Numbers<P>>;
  /** The averaged weights; the weights themselves without `ema`. */
  averaged: Numbers<P>;
  readonly stepsTaken: number;
  /** Adds the gradient of one batch to those the next step is made of. With `accumulate` only. */
  addBatch(rows: number): void;
  /** Makes the gradient the mean over all rows added. With `accumulate` only, before `step`. */
  averageBatches(): void;
  /**
   * Clips, updates all weights, averages them. `factor` multiplies every group's lr for this step; `norm` is
   * what `gradientNorm` says of this gradient, for whoever has asked it: clipping need not measure it again.
   */
  step(factor?: number, norm?: number): void;
  /** The L2 norm of all gradients, added up in doubles. */
  gradientNorm(): number;
  weightsAreFinite(): boolean;
  save(): SavedOptimizer<P>;
  /** Continues, bit for bit, from where another optimizer of the same options was saved between two steps. */
  restore(saved: SavedOptimizer<P>): void;
}

/** All that a step depends on, but the gradient. */
export interface SavedOptimizer<P extends Precision = Precision> {
  step: number;
  arrays: Record<string, Numbers<P>>;
  /** The kept scalars of every group. */
  scalars: Record<string, number>[];
}

/**
 * Compiles a rule for every group of parameters, over one memory.
 *
 * @throws RuleError where the text cannot be used; RangeError where the arrays pass 4 GiB, the machine has
 *   no such memory, or a tensor lies outside the arrays or not on 16 bytes
 */
export function buildOptimizer<P extends Precision>(options: OptimizerOptions<P>): Optimizer<P> {
  const { text, precision, tensors, clip = null, ema = null, convention = "paper" } = options;
  const rules = options.groups.map(({ hypers }) => prepareRule(text, hypers, precision));
  const stateNames = [...new Set(rules.flatMap((rule) => rule.states))];
  const scratch = Math.max(0, ...rules.map((rule) => rule.plan.scratchArrays));
  const kept = [
    "w",
    ...stateNames,
    ...(options.accumulate ? [BATCH_SUM] : []),
    ...(ema ? [AVERAGE] : []),
  ];
  const scratchNames = Array.from({ length: scratch }, (_, index) => scratchName(index));
  const end = tensors.reduce((most, { begin, length }) => Math.max(most, begin + length), 0);
  const bad = tensors.find(({ length }) => !Number.isSafeInteger(length) || length < 0);
  if (bad) throw new RangeError(`a model cannot have ${bad.length} parameters`);
  const { length = end } = options;
  if (length < end) throw new RangeError(`arrays of ${length} parameters do not hold ${end}`);
  const arena = createArena(
    [...kept.slice(0, 1), "g", ...kept.slice(1), ...scratchNames],
    length,
    precision,
  );
  for (const { begin } of tensors)
    if (begin < 0 || (begin * BYTES[precision]) % 16 !== 0)
      throw new RangeError(`a tensor begins at ${begin}, which is not on 16 bytes`);

  const groups = options.groups.map((group, index) => {
    const rule = rules[index]!;
    const { lr: _, ...fixed } = group.hypers;
    const inputs = ["t", ...Object.keys(group.hypers), ...rule.scalars];
    const program = loadProgram(rule.plan, inputs, new Set(Object.keys(fixed)), arena);
    for (const [name, value] of Object.entries(group.hypers)) program.set(name, Number(value));
    for (const name of rule.scalars) program.set(name, rule.starts.get(name)!);
    const own = group.tensors.map((each) => tensors[each]!);
    for (const name of rule.states) fillRanges(arena.view(name), own, rule.starts.get(name)!);
    const ranges = rule.plan.phases.length > 1 ? own : joined(tensors, new Set(group.tensors));
    return { rule, program, ranges, lr: Number(group.hypers.lr) };
  });

  const everything = { begin: 0, length };
  const normOfGradients = loadNorm(arena, "g");
  const gradientNorm = () => normOfGradients(everything);
  const weightNorm = loadNorm(arena, "w");
  const clipGradients = clip && loadClip(arena, clip, convention, tensors, gradientNorm);
  const accumulation = options.accumulate ? loadAccumulation(arena) : null;
  const average = ema && loadAverage(arena, ema.decay);
  let t = 0;
  const weights = arena.view("w");
  return {
    memory: arena.memory,
    weights,
    gradients: arena.view("g"),
    states: Object.fromEntries(stateNames.map((name) => [name, arena.view(name)])),
    averaged: ema ? arena.view(AVERAGE) : weights,
    get stepsTaken() {
      return t;
    },
    addBatch: (rows) => accumulation?.add(rows),
    averageBatches: () => accumulation?.finish(),
    step(factor = 1, norm) {
      t += 1;
      clipGradients?.(norm);
      for (const { program, ranges, lr } of groups) {
        program.set("t", t);
        program.set("lr", lr * factor);
        program.run(ranges);
      }
      average?.(t);
    },
    gradientNorm,
    weightsAreFinite: () => tensors.every((tensor) => Number.isFinite(weightNorm(tensor))),
    save: () => ({
      step: t,
      arrays: Object.fromEntries(
        kept.map((name) => [name, arena.view(name).slice() as Numbers<P>]),
      ),
      scalars: groups.map(({ rule, program }) =>
        Object.fromEntries(rule.scalars.map((name) => [name, program.get(name)])),
      ),
    }),
    restore({ step, arrays, scalars }) {
      t = step;
      for (const name of kept) arena.view(name).set(arrays[name]!);
      for (const [index, { rule, program }] of groups.entries())
        for (const name of rule.scalars) program.set(name, scalars[index]![name]!);
    },
  };
}

/**
 * An optimizer of a rule's text over one tensor.
 *
 * @param hypers every hyper of the rule has a value here
 * @throws RuleError, RangeError as buildOptimizer does
 */
export function compileRule<P extends Precision = "float32">(
  text: string,
  hypers: HyperValues,
  length: number,
  precision: P = "float32" as P,
): Optimizer<P> {
  const groups = [{ tensors: [0], hypers }];
  return buildOptimizer({ text, precision, tensors: [{ begin: 0, length }], groups });
}

function fillRanges(
  array: Float32Array | Float64Array,
  ranges: readonly Range[],
  value: number,
): void {
  for (const { begin, length } of ranges) array.fill(value, begin, begin + length);
}

/** A group's neighbours with nothing but padding between them as one range: fewer, longer loops. */
function joined(tensors: readonly Range[], own: ReadonlySet<number>): Range[] {
  const result: Range[] = [];
  let isNeighbour = false;
  const inOrder = [...tensors.entries()].toSorted(([, a], [, b]) => a.begin - b.begin);
  for (const [index, { begin, length }] of inOrder) {
    const last = result.at(-1);
    if (own.has(index) && last && isNeighbour) last.length = begin + length - last.begin;
    else if (own.has(index)) result.push({ begin, length });
    isNeighbour = own.has(index);
  }
  return result;
}
