import type { Fault, NestedNumbers } from "@descent/contracts";
import { expect, test } from "vitest";
import { MAX_VALUES, readTensor } from "../src/trajectory/index.ts";
import { nestValues } from "../src/trajectory/nest-values.ts";

const read = (given: unknown) => {
  const faults: Fault[] = [];
  const tensor = readTensor(given as NestedNumbers, "/start", faults);
  expect(tensor === null).toBe(faults.length > 0);
  return { tensor, faults: faults.map(({ pointer, message }) => `${pointer} ${message}`) };
};

test.each([
  [3, []],
  [[1, 2, 3], [3]],
  [
    [[1], [2]],
    [2, 1],
  ],
  [[[[[[[[[1, -2]]]]]]]], [1, 1, 1, 1, 1, 1, 1, 2]],
])("%j is a tensor of the shape %j, there and back", (given, shape) => {
  const { tensor } = read(given);
  expect(tensor?.shape).toEqual(shape);
  expect(tensor?.values).toEqual(Float64Array.from([given].flat(9) as number[]));
  expect(nestValues(tensor!.values, shape)).toEqual(given);
});

test.each([
  [
    [
      [1, 2, 3],
      [4, 5],
    ],
    ["/start/1/2 is missing"],
  ],
  [
    [
      [1, 2],
      [3, 4, 5],
    ],
    ["/start/1/2 is one too many"],
  ],
  [[[1, 2], 3], ["/start/1 must be an array of 2"]],
  [[1, [2]], ["/start/1 must be a number, not an array"]],
  [
    [1, null, "2", true],
    ["/start/1 must be", "/start/2 must be", "/start/3 must be"],
  ],
  [[1, Number.POSITIVE_INFINITY], ["/start/1 must be a finite number"]],
  [[], ["/start must hold"]],
  [[[], []], ["/start must hold"]],
  [[[1], []], ["/start/1/0 is missing"]],
  [[[[[[[[[[1]]]]]]]]], ["/start at most 8 arrays"]],
  [new Array(1000).fill("x"), new Array(20).fill("must be a number")],
  ["3", ["/start must be a number"]],
])("%# what is no tensor is refused with its place", (given, expected) => {
  const { faults } = read(given);
  expect(faults).toHaveLength(expected.length);
  for (const [index, text] of expected.entries()) expect(faults[index]).toContain(text);
});

test("a shape far larger than what was sent is refused before it is allocated", () => {
  const long = new Array<number>(10_000).fill(1);
  const wide = new Array<unknown>(10_000).fill(0).with(0, long);
  expect(read(wide).faults).toEqual([
    `/start the shape [10000, 10000] has 100000000 numbers; at most ${MAX_VALUES}`,
  ]);
});

test("what is not finite is null", () => {
  expect(nestValues([1, Number.NaN, Number.NEGATIVE_INFINITY, -2], [2, 2])).toEqual([
    [1, null],
    [null, -2],
  ]);
});
