import type { Metric } from "@descent/contracts";

export interface Measured {
  value: number;
  target: number;
}

const mean = (numbers: readonly number[]) =>
  numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

/** Metrics over numbers from the answers alone, written from their definitions. */
export function numberMetrics(rows: readonly Measured[]): Partial<Record<Metric, number>> {
  const middle = mean(rows.map(({ target }) => target));
  const squares = mean(rows.map(({ value, target }) => (value - target) ** 2));
  return {
    val_rmse: Math.sqrt(squares),
    val_mae: mean(rows.map(({ value, target }) => Math.abs(value - target))),
    val_r2: 1 - squares / mean(rows.map(({ target }) => (target - middle) ** 2)),
  };
}

/** A loss of an error, in the target's own unit. */
export type NumberLoss = (error: number) => number;

/** A loss over numbers, beside the least that any answers and that any one answer for all rows could have. */
export function numberLosses(rows: readonly Measured[], loss: NumberLoss) {
  const targets = rows.map(({ target }) => target);
  const ofConstant = (constant: number) => mean(targets.map((target) => loss(constant - target)));
  // Convex in the constant: a ternary search.
  let [low, high] = [Math.min(...targets), Math.max(...targets)];
  for (let turn = 0; turn < 100; turn++) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3];
    if (ofConstant(a) < ofConstant(b)) high = b;
    else low = a;
  }
  return {
    loss: mean(rows.map(({ value, target }) => loss(value - target))),
    least: 0,
    constant: ofConstant(low),
  };
}

/** The covariance, over n. */
export function covariance(a: readonly number[], b: readonly number[]): number {
  const [ofA, ofB] = [mean(a), mean(b)];
  return mean(a.map((each, row) => (each - ofA) * (b[row]! - ofB)));
}

/** The standard deviation, over n. */
export function deviation(numbers: readonly number[]): number {
  return Math.sqrt(covariance(numbers, numbers));
}
