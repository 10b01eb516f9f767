import type { Clip } from "@descent/contracts";
import type { Arena, Range } from "./kernel/arena.ts";
import { type LoadedProgram, loadProgram } from "./kernel/load-program.ts";
import { parseRule } from "./language/parse.ts";
import { planProgram } from "./language/plan.ts";

// What is done to gradients and weights around the rule, in the rule's own language and by its kernels.

/** Names of arrays that no rule can have. */
export const BATCH_SUM = "batch sum";
export const AVERAGE = "weight average";

/**
 * A program over the gradient, the weights and one more array, called `g`, `w` and `x` in its text.
 *
 * @param other what `x` stands for
 */
function load(text: string, inputs: readonly string[], arena: Arena, other = "x"): LoadedProgram {
  const { assignments } = parseRule(text);
  const plan = planProgram({ assignments, arrays: ["g", "w", "x"], inputs, scalars: [] });
  const offset = (name: string) => arena.offset(name === "x" ? other : name);
  return loadProgram(plan, inputs, new Set(), { ...arena, offset });
}

/** The L2 norm of an array over some ranges, added up in doubles. */
export function loadNorm(arena: Arena, array: "g" | "w"): (range: Range) => number {
  const program = load(`length = norm(${array})`, [], arena);
  return (range) => {
    program.run([range]);
    return program.get("norm#0");
  };
}

/**
 * Clips the gradient in place. Norms are PyTorch's clip_grad_norm_ in the convention torch, min(1, c /
 * (norm + 1e-6)); else c / max(norm, c) as in Keras and Optax. A norm that is
 * NaN makes the whole gradient NaN, an infinite one what was infinite, and all else zero: the training
 * diverged.
 *
 * @param tensors the parameter tensors, each of which `norm` clips by itself
 * @param measure the norm of all gradients together, which only `global_norm` asks for
 * @returns clips; whoever knows that norm already gives it
 */
export function loadClip(
  arena: Arena,
  clip: Clip,
  convention: string,
  tensors: readonly Range[],
  measure: () => number,
): (length?: number) => void {
  const everything = [{ begin: 0, length: arena.length }];
  const byNorm = (length: string) =>
    convention === "torch"
      ? `g = g * min(1, bound / (${length} + 1e-6))`
      : `g = g * (bound / max(${length}, bound))`;
  if (clip.global_norm !== undefined) {
    const program = load(byNorm("length"), ["bound", "length"], arena);
    program.set("bound", clip.global_norm);
    return (length = measure()) => {
      program.set("length", length);
      program.run(everything);
    };
  }
  const text = clip.value === undefined ? byNorm("norm(g)") : "g = max(-bound, min(bound, g))";
  const program = load(text, ["bound"], arena);
  program.set("bound", clip.value ?? clip.norm ?? Number.POSITIVE_INFINITY);
  const ranges = clip.norm === undefined ? everything : tensors;
  return () => program.run(ranges);
}

/** Averages the gradients of several batches, weighted by their rows. */
export function loadAccumulation(arena: Arena) {
  const everything = [{ begin: 0, length: arena.length }];
  const begin = load("x = rows * g", ["rows"], arena, BATCH_SUM);
  const add = load("x = x + rows * g", ["rows"], arena, BATCH_SUM);
  const finish = load("g = x / rows", ["rows"], arena, BATCH_SUM);
  let total = 0;
  return {
    /** Adds the gradient of a batch. */
    add(rows: number): void {
      const program = total === 0 ? begin : add;
      program.set("rows", rows);
      program.run(everything);
      total += rows;
    },
    /** Makes the gradient the mean over all rows added since the last time. */
    finish(): void {
      finish.set("rows", total);
      finish.run(everything);
      total = 0;
    },
  };
}

/**
 * The exponential moving average of the weights; the first step copies them, as Keras and PyTorch do. As
 * PyTorch's lerp: in decay * x + (1 - decay) * w the two factors, once rounded to float32, do not add up to
 * 1, and the average drifts away from the weights (by 1e-5 of them at decay 0.999, 2e-3 at 0.99999).
 */
export function loadAverage(arena: Arena, decay: number): (step: number) => void {
  const everything = [{ begin: 0, length: arena.length }];
  const program = load(
    "x = if(t == 1, w, x + (1 - decay) * (w - x))",
    ["t", "decay"],
    arena,
    AVERAGE,
  );
  program.set("decay", decay);
  return (step) => {
    program.set("t", step);
    program.run(everything);
  };
}
