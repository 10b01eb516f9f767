import type { TestFunction } from "@descent/contracts";

/** A function to descend. It reads the numbers of its tensor in order, whatever the tensor's shape is. */
export interface TestFunctionDefinition {
  formula: string;
  /** How many numbers it takes. */
  dimension: { least: number; most: number };
  /** Its deepest point in n dimensions, or null where it has none. */
  minimum: ((n: number) => number[]) | null;
  value(x: ArrayLike<number>): number;
  /** Writes the partial derivatives at `x` into `into`, of the same length. */
  gradient(x: ArrayLike<number>, into: Float64Array): void;
}

const PLANE = { least: 2, most: 2 };
const ANY = { least: 1, most: Number.POSITIVE_INFINITY };
const fill = (value: number) => (n: number) => new Array<number>(n).fill(value);

/** A definition over the plane, written in x and y. */
function inPlane(
  formula: string,
  minimum: [number, number] | null,
  value: (x: number, y: number) => number,
  gradient: (x: number, y: number) => [number, number],
): TestFunctionDefinition {
  return {
    formula,
    dimension: PLANE,
    minimum: minimum && (() => [...minimum]),
    value: (at) => value(at[0]!, at[1]!),
    gradient: (at, into) => into.set(gradient(at[0]!, at[1]!)),
  };
}

/** Everything is computed in doubles: a float32 run rounds the gradient afterwards, once. */
export const TEST_FUNCTION_TABLE: Readonly<Record<TestFunction, TestFunctionDefinition>> = {
  // Rosenbrock 1960, in the form of a sum over neighbours: a curved valley, steep across and flat along.
  rosenbrock: {
    formula: "sum over i < n of 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2",
    dimension: { least: 2, most: Number.POSITIVE_INFINITY },
    minimum: fill(1),
    value(x) {
      let sum = 0;
      for (let i = 0; i + 1 < x.length; i++) {
        const off = x[i + 1]! - x[i]! * x[i]!;
        sum += 100 * off * off + (1 - x[i]!) ** 2;
      }
      return sum;
    },
    gradient(x, into) {
      into.fill(0);
      for (let i = 0; i + 1 < x.length; i++) {
        const off = x[i + 1]! - x[i]! * x[i]!;
        into[i]! += -400 * x[i]! * off - 2 * (1 - x[i]!);
        into[i + 1]! += 200 * off;
      }
    },
  },
  // Beale 1958: a plateau with sharp ridges at its corners.
  beale: inPlane(
    "(1.5 - x + x y)^2 + (2.25 - x + x y^2)^2 + (2.625 - x + x y^3)^2",
    [3, 0.5],
    (x, y) =>
      (1.5 - x + x * y) ** 2 + (2.25 - x + x * y * y) ** 2 + (2.625 - x + x * y * y * y) ** 2,
    (x, y) => {
      const [a, b, c] = [1.5 - x + x * y, 2.25 - x + x * y * y, 2.625 - x + x * y * y * y];
      return [
        2 * a * (y - 1) + 2 * b * (y * y - 1) + 2 * c * (y * y * y - 1),
        2 * a * x + 4 * b * x * y + 6 * c * x * y * y,
      ];
    },
  ),
  // Booth: a tilted bowl, the easiest of them.
  booth: inPlane(
    "(x + 2 y - 7)^2 + (2 x + y - 5)^2",
    [1, 3],
    (x, y) => (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2,
    (x, y) => {
      const [a, b] = [x + 2 * y - 7, 2 * x + y - 5];
      return [2 * a + 4 * b, 4 * a + 2 * b];
    },
  ),
  // Himmelblau 1972: four minima of the same depth; (3, 2) is the one with whole coordinates.
  himmelblau: inPlane(
    "(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
    [3, 2],
    (x, y) => (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2,
    (x, y) => {
      const [a, b] = [x * x + y - 11, x + y * y - 7];
      return [4 * x * a + 2 * b, 2 * a + 4 * y * b];
    },
  ),
  // A bowl whose i-th axis is i times as steep as the first: its condition number is n.
  quadratic: {
    formula: "1/2 sum over i = 1..n of i x[i]^2",
    dimension: ANY,
    minimum: fill(0),
    value(x) {
      let sum = 0;
      for (let i = 0; i < x.length; i++) sum += (i + 1) * x[i]! * x[i]!;
      return sum / 2;
    },
    gradient(x, into) {
      for (let i = 0; i < x.length; i++) into[i] = (i + 1) * x[i]!;
    },
  },
  // Downhill without end along y; at y = 0 the gradient never says so.
  saddle: inPlane(
    "x^2 - y^2",
    null,
    (x, y) => x * x - y * y,
    (x, y) => [2 * x, -2 * y],
  ),
  // Rastrigin 1974: a bowl full of dents, one at every whole point.
  rastrigin: {
    formula: "10 n + sum of x[i]^2 - 10 cos(2 pi x[i])",
    dimension: ANY,
    minimum: fill(0),
    value(x) {
      let sum = 10 * x.length;
      for (let i = 0; i < x.length; i++) sum += x[i]! * x[i]! - 10 * Math.cos(2 * Math.PI * x[i]!);
      return sum;
    },
    gradient(x, into) {
      for (let i = 0; i < x.length; i++)
        into[i] = 2 * x[i]! + 20 * Math.PI * Math.sin(2 * Math.PI * x[i]!);
    },
  },
};
