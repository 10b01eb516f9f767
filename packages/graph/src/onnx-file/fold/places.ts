import type { Known, Length } from "../term.ts";

export const countOf = (shape: readonly number[]) =>
  shape.reduce((product, length) => product * length, 1);

/** The flat index of a place, counted along the strides given. */
function stridesOf(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let step = 1;
  for (const length of shape.toReversed()) {
    strides.unshift(step);
    step *= length;
  }
  return strides;
}

/** A tensor of which every number is taken from the place of x that `from` gives. */
export function picked(
  x: Known,
  shape: readonly number[],
  from: (place: readonly number[]) => readonly number[],
): Known {
  const strides = stridesOf(x.shape);
  const own = stridesOf(shape);
  const data = Array.from({ length: countOf(shape) }, (_, flat): Length => {
    const place = own.map((step, axis) => Math.floor(flat / step) % shape[axis]!);
    const index = from(place).reduce((sum, at, axis) => sum + at * strides[axis]!, 0);
    const number = x.data[index]!;
    return typeof number === "string" ? number : Number(number);
  });
  return { type: x.type, shape, data };
}

/** x repeated to a shape that it broadcasts to. */
export function broadcast(x: Known, shape: readonly number[]): Known {
  const added = shape.length - x.shape.length;
  return picked(x, shape, (place) =>
    x.shape.map((length, axis) => (length === 1 ? 0 : place[axis + added]!)),
  );
}
