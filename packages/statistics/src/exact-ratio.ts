/** An exact number: numerator / denominator · 2^exponent, the denominator positive. */
export interface ExactRatio {
  numerator: bigint;
  denominator: bigint;
  exponent: number;
}

/** The exponent of the smallest positive double, 2^-1074: every double is a whole multiple of it. */
const SMALLEST_EXPONENT = -1074;
const MANTISSA_BITS = 53;

/** Splits a finite double into whole · 2^exponent, exactly. */
export function splitDouble(value: number): { whole: bigint; exponent: number } {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const high = bits.getUint32(0);
  const biased = (high >>> 20) & 0x7ff;
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(bits.getUint32(4));
  const magnitude = biased === 0 ? fraction : fraction | (1n << 52n);
  const whole = value < 0 ? -magnitude : magnitude;
  return { whole, exponent: Math.max(biased, 1) + SMALLEST_EXPONENT - 1 };
}

/** The double nearest to an exact ratio, ties to even: the only rounding in this package. */
export function roundToDouble({ numerator, denominator, exponent }: ExactRatio): number {
  if (numerator === 0n) return 0;
  const magnitude = numerator < 0n ? -numerator : numerator;
  // The value lies in (2^(size-1), 2^(size+1)); the unit is that of its last mantissa bit.
  const size = bitLength(magnitude) - bitLength(denominator) + exponent;
  let unit = Math.max(size - MANTISSA_BITS, SMALLEST_EXPONENT);
  let quotient = divide(magnitude, denominator, exponent - unit);
  if (bitLength(quotient.floor) > MANTISSA_BITS) {
    unit += 1;
    quotient = divide(magnitude, denominator, exponent - unit);
  }
  const up = quotient.half > 0 || (quotient.half === 0 && (quotient.floor & 1n) === 1n);
  const rounded = Number(up ? quotient.floor + 1n : quotient.floor);
  // 2^unit alone may overflow where the product does not, hence two factors.
  const absolute = rounded * 2 ** Math.min(unit, 0) * 2 ** Math.max(unit, 0);
  return numerator < 0n ? -absolute : absolute;
}

/** The double nearest to the square root of an exact ratio that is not negative. */
export function roundSquareRoot({ numerator, denominator, exponent }: ExactRatio): number {
  if (numerator === 0n) return 0;
  // A root of at least 2^63, with one bit more that says whether anything was cut off ("sticky"),
  // is rounded to 53 bits exactly as the unbounded root would be.
  const size = bitLength(numerator) - bitLength(denominator);
  let shift = Math.max(0, 128 - size);
  if ((exponent - shift) % 2 !== 0) shift += 1;
  const scaled = numerator << BigInt(shift);
  const radicand = scaled / denominator;
  const root = integerSquareRoot(radicand);
  const exact = root * root === radicand && radicand * denominator === scaled;
  return roundToDouble({
    numerator: (root << 1n) | (exact ? 0n : 1n),
    denominator: 1n,
    exponent: (exponent - shift) / 2 - 1,
  });
}

/** floor(a / b · 2^shift), and how the rest compares with one half: below -1, equal 0, above 1. */
function divide(a: bigint, b: bigint, shift: number): { floor: bigint; half: -1 | 0 | 1 } {
  const dividend = shift > 0 ? a << BigInt(shift) : a;
  const divisor = shift < 0 ? b << BigInt(-shift) : b;
  const floor = dividend / divisor;
  const twice = (dividend - floor * divisor) * 2n;
  return { floor, half: twice > divisor ? 1 : twice === divisor ? 0 : -1 };
}

function bitLength(value: bigint): number {
  const digits = value.toString(16);
  return digits.length * 4 - (Math.clz32(Number.parseInt(digits.charAt(0), 16)) - 28);
}

/** Newton's iteration from above: falls until it reaches floor(sqrt(value)). */
function integerSquareRoot(value: bigint): bigint {
  let root = 1n << BigInt(Math.ceil(bitLength(value) / 2));
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
