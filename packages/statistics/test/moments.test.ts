import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mean, medianToTarget, sampleStd } from "../src/index.ts";

/** Made with Python 3.11's `statistics.mean` and `statistics.stdev`, which are exact before one rounding. */
const cases: { values: number[]; mean: number; std: number | null }[] = JSON.parse(
  readFileSync(new URL("python-moments.json", import.meta.url), "utf8"),
);

test.each(cases)("mean and std of $values have Python's last digit", (each) => {
  expect(mean(each.values)).toBe(each.mean);
  expect(sampleStd(each.values)).toBe(each.std);
});

test("the order of the values changes no bit", () => {
  const values = [1e16, 1, 0.1, -1e16, 0.2, 1e-9];
  expect(mean(values.toReversed())).toBe(mean(values));
  expect(mean(values.toSorted((a, b) => a - b))).toBe(mean(values));
});

test("no values have no mean, one value has no spread", () => {
  expect(mean([])).toBeNull();
  expect(sampleStd([])).toBeNull();
  expect(sampleStd([3])).toBeNull();
});

test("a value that is not finite is refused, not averaged", () => {
  expect(() => mean([1, Number.NaN])).toThrow(RangeError);
  expect(() => sampleStd([1, Number.POSITIVE_INFINITY])).toThrow(RangeError);
});

test.each([
  { needed: [3, 1, 2], median: 2, reached: 3 },
  { needed: [4, 1, 2, 3], median: 2.5, reached: 4 },
  { needed: [7, null, 5], median: 7, reached: 2 },
  { needed: [7, null, null], median: null, reached: 1 },
  { needed: [1, 2, null, null], median: null, reached: 2 }, // the middle two are 2 and a missed run
  { needed: [1, 2, 3, null], median: 2.5, reached: 3 },
  { needed: [null], median: null, reached: 0 },
  { needed: [], median: null, reached: 0 },
])("median to target of $needed", ({ needed, median, reached }) => {
  expect(medianToTarget(needed)).toEqual({ median, reached });
});
