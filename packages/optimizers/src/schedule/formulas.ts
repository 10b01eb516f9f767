import type { ResolvedSchedule } from "@descent/contracts";

/** The schedules whose factor follows from k alone; a plateau also listens to the metrics. */
export type Curve = Exclude<ResolvedSchedule, { type: "plateau" }>;

/**
 * What lr is multiplied by, for k steps or epochs done before this one (after any warm-up). From `over` on
 * a schedule stays at its end value. PyTorch and Keras name the same formulas StepLR, CosineDecay, …
 */
export const FORMULAS: {
  [T in Curve["type"]]: (s: Extract<Curve, { type: T }>, k: number) => number;
} = {
  constant: () => 1,

  step: ({ factor, every }, k) => factor ** Math.floor(k / every),

  multi_step: ({ factor, at }, k) => factor ** countReached(at, k),

  exponential: ({ factor }, k) => factor ** k,

  polynomial: ({ floor, power, over }, k) =>
    floor + (1 - floor) * (1 - Math.min(k, over) / over) ** power,

  // Goodfellow, Bengio, Courville: Deep Learning, 2016, Algorithm 8.1 and eq. 8.14; floor is e_tau / e_0.
  linear: ({ floor, over }, k) => {
    const a = Math.min(k / over, 1);
    return 1 - a + a * floor;
  },

  inverse_time: ({ rate }, k) => 1 / (1 + rate * k),

  // Loshchilov & Hutter: SGDR, 2017, eq. 5.
  cosine: ({ floor, over, restarts }, k) => {
    const { done, length } = restarts
      ? cycleAt(k, over, restarts.growth)
      : { done: Math.min(k, over), length: over };
    return anneal(1, floor, done / length);
  },

  // Smith & Topin: Super-Convergence, 2017, in the two phases of PyTorch's OneCycleLR: the peak lies at
  // rise * over - 1, which is seldom a whole step, and the end at over - 1.
  one_cycle: ({ rise, from, floor, over }, k) => {
    const peak = rise * over - 1;
    if (k <= peak) return peak > 0 ? anneal(from, 1, k / peak) : 1;
    // A cycle so short that it has no rise enters the descent in its middle.
    const end = over - 1;
    return anneal(1, floor, k < end ? (k - peak) / (end - peak) : 1);
  },
};

/** Half a cosine from `start` (part 0) to `end` (part 1). */
function anneal(start: number, end: number, part: number): number {
  return end + ((start - end) * (1 + Math.cos(Math.PI * part))) / 2;
}

/** How many milestones k has reached; they ascend. */
function countReached(at: readonly number[], k: number): number {
  const next = at.findIndex((milestone) => milestone > k);
  return next < 0 ? at.length : next;
}

/**
 * The cycle that k lies in, and how much of it is done: cycle n has length first * growth^n and starts at
 * first * (growth^n - 1) / (growth - 1).
 */
function cycleAt(k: number, first: number, growth: number): { done: number; length: number } {
  if (growth === 1) return { done: k % first, length: first };
  const start = (n: number) => (first * (growth ** n - 1)) / (growth - 1);
  let n = Math.floor(Math.log1p((k / first) * (growth - 1)) / Math.log(growth));
  // All of this rounds: a restart may seem to lie a little after k, and lr would be at the bottom instead of
  // the top. Less than a millionth of a step after k is at k.
  if (start(n + 1) - k < 1e-6) n += 1;
  return { done: Math.max(0, k - start(n)), length: first * growth ** n };
}
