import type { Scale } from "@descent/contracts";

export const UNSCALED: Scale = { mean: 0, std: 1 };

/**
 * Mean and population standard deviation (n in the denominator, as scikit-learn's StandardScaler). A
 * constant column gets std 1, so that it becomes 0.
 */
export function measureScale(values: Float64Array): Scale {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  // Compared, not computed: the rounded mean of equal numbers may differ from them in the last digit.
  if (min === max) return { mean: min, std: 1 };

  // Numbers near the largest double overflow when summed, those near the smallest vanish when squared.
  // Measuring in a power of two of their own size avoids both and is exact.
  const exponent = Math.floor(Math.log2(Math.max(Math.abs(min), Math.abs(max))));
  const unit = 2 ** Math.min(exponent, 1023);
  let sum = 0;
  for (const value of values) sum += value / unit;
  const shift = sum / values.length;
  // What the differences sum to is the rounding error of `shift` (two passes: Chan, Golub, LeVeque 1983).
  let difference = 0;
  let squares = 0;
  for (const value of values) {
    const centred = value / unit - shift;
    difference += centred;
    squares += centred * centred;
  }
  const correction = difference / values.length;
  const variance = squares / values.length - correction * correction;
  return { mean: (shift + correction) * unit, std: Math.sqrt(variance) * unit };
}
