import { expect, test } from "vitest";
import { seededOrder } from "../src/index.ts";

test("an order is a permutation, and the same each time", () => {
  const order = seededOrder(1000, 7, 3);
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  expect(seededOrder(1000, 7, 3)).toEqual(order);
  expect(seededOrder(1, 7, 3)).toEqual(new Uint32Array([0]));
  expect(seededOrder(0, 7, 3)).toEqual(new Uint32Array(0));
});

test("every seed and every epoch has an order of its own", () => {
  const orders = new Set<string>();
  const numbers = [0, 1, 2, 3, 0x85ebca6b, 0x9e3779b9, 2 ** 31, 2 ** 32 - 1];
  for (const seed of numbers)
    for (const epoch of numbers) orders.add(seededOrder(50, seed, epoch).join());
  expect(orders.size).toBe(numbers.length ** 2);
});

test("all orders are equally likely, over seeds as over epochs", () => {
  // chi-squared of the 24 orders of 4 rows: 23 degrees of freedom, 58.6 is the 0.99995 quantile
  const chiSquared = (order: (draw: number) => Uint32Array) => {
    const draws = 24_000;
    const counts = new Map<string, number>();
    for (let draw = 0; draw < draws; draw++) {
      const key = order(draw).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const expected = draws / 24;
    return [...counts.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  };
  expect(chiSquared((draw) => seededOrder(4, draw, 1))).toBeLessThan(58.6);
  expect(chiSquared((draw) => seededOrder(4, 1, draw))).toBeLessThan(58.6);
  expect(chiSquared((draw) => seededOrder(4, draw, draw))).toBeLessThan(58.6);
});
