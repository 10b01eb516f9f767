import { roundSquareRoot, roundToDouble, splitDouble } from "./exact-ratio.ts";

/**
 * The mean, correctly rounded: sums and quotient are exact, one rounding at the end, so that whoever
 * recomputes it exactly (Python's `statistics.mean`) gets the same last digit.
 *
 * @param values finite, in any order
 * @returns null for no values
 */
export function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const { wholes, exponent } = onOneScale(values);
  const sum = wholes.reduce((total, whole) => total + whole, 0n);
  return roundToDouble({ numerator: sum, denominator: BigInt(values.length), exponent });
}

/**
 * The sample standard deviation sqrt(sum (x - mean)² / (n - 1)), correctly rounded, from the exact
 * (n sum x² - (sum x)²) / (n (n - 1)).
 *
 * @param values finite, in any order
 * @returns null for fewer than two values: one run says nothing about spread
 */
export function sampleStd(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const { wholes, exponent } = onOneScale(values);
  const n = BigInt(values.length);
  const sum = wholes.reduce((total, whole) => total + whole, 0n);
  const squares = wholes.reduce((total, whole) => total + whole * whole, 0n);
  const numerator = n * squares - sum * sum;
  return roundSquareRoot({ numerator, denominator: n * (n - 1n), exponent: 2 * exponent });
}

/** The values as whole multiples of one power of two. */
function onOneScale(values: readonly number[]): { wholes: bigint[]; exponent: number } {
  const split = values.map((value) => {
    if (!Number.isFinite(value)) throw new RangeError(`not a finite number: ${value}`);
    return splitDouble(value);
  });
  const exponent = split.reduce((least, each) => Math.min(least, each.exponent), 1024);
  const wholes = split.map((each) => each.whole << BigInt(each.exponent - exponent));
  return { wholes, exponent };
}
