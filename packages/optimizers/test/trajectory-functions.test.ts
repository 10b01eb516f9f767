import { TEST_FUNCTIONS, type TestFunction } from "@descent/contracts";
import { expect, test } from "vitest";
import { TEST_FUNCTION_TABLE } from "../src/trajectory/index.ts";

/** Values from the literature and from hand: [point, value]. */
const KNOWN: Record<TestFunction, [number[], number][]> = {
  rosenbrock: [
    [[-1.2, 1], 24.2],
    [[0, 0, 0], 2],
    [[2, 1, -1], 901 + 400],
  ],
  beale: [
    [[0, 0], 14.203125],
    [[1, 1], 14.203125],
  ],
  booth: [
    [[0, 0], 74],
    [[1, 1], 16 + 4],
  ],
  himmelblau: [
    [[0, 0], 170],
    [[-0.270845, -0.923039], 181.617],
    [[-2.805118, 3.131312], 0],
  ],
  quadratic: [
    [[1, 1, 1], 3],
    [[2, -1], 3],
    [[3], 4.5],
  ],
  saddle: [
    [[2, 1], 3],
    [[0, 3], -9],
  ],
  rastrigin: [
    [[4.52299366], 40.35329019],
    [[4.52299366, -4.52299366], 80.70658039],
    [[1, 2, 3], 14],
  ],
};

test.each(TEST_FUNCTIONS)("%s has the values of the literature", (name) => {
  for (const [point, value] of KNOWN[name])
    expect(TEST_FUNCTION_TABLE[name].value(point)).toBeCloseTo(value, 3);
});

test.each(TEST_FUNCTIONS)("the gradient of %s is that of its value", (name) => {
  const { dimension, value, gradient } = TEST_FUNCTION_TABLE[name];
  const n = Math.min(4, dimension.most);
  for (let point = 0; point < 20; point++) {
    const x = Array.from({ length: n }, (_, i) => 3 * Math.sin(7 * point + 3 * i + 1));
    const found = new Float64Array(n).fill(Number.NaN);
    gradient(x, found);
    for (const [i, at] of x.entries()) {
      const h = 1e-5;
      const beside = (by: number) => value(x.with(i, at + by));
      const slope = (beside(h) - beside(-h)) / (2 * h);
      expect(Math.abs(found[i]! - slope)).toBeLessThan(1e-5 * (1 + Math.abs(slope)));
    }
  }
});

test.each(TEST_FUNCTIONS)("the minimum of %s is one", (name) => {
  const { dimension, minimum, value, gradient } = TEST_FUNCTION_TABLE[name];
  const n = Math.min(3, dimension.most);
  if (minimum === null) {
    expect(name).toBe("saddle");
    return;
  }
  const lowest = minimum(n);
  const slope = new Float64Array(n);
  gradient(lowest, slope);
  expect(value(lowest)).toBe(0);
  for (const [i, at] of lowest.entries()) {
    expect(Math.abs(slope[i]!)).toBeLessThan(1e-12);
    for (const by of [-0.1, 0.1]) expect(value(lowest.with(i, at + by))).toBeGreaterThan(0);
  }
});
