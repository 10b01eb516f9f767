import { INITIALISATIONS } from "@descent/contracts";
import { describe, expect, test } from "vitest";
import { initialiseWeights, placeTensors } from "../src/index.ts";
import { follow } from "./small-model.ts";

const layers = follow(
  [{ type: "conv2d", filters: 100, kernel: 5 }, { type: "flatten" }, { type: "dense", units: 7 }],
  [40, 5, 5],
  7,
);
const { tensors, length } = placeTensors(layers);
const fill = (initialisation: (typeof INITIALISATIONS)[number], seed: number) => {
  const weights = new Float32Array(length);
  initialiseWeights(weights, tensors, initialisation, seed);
  return weights;
};
/** The convolution: 100,000 weights; fanIn 40·25, fanOut 100·25. */
const first = (weights: Float32Array) => Array.from(weights.subarray(0, 100_000));

test("tensors lie one after the other on 64-byte boundaries", () => {
  expect(tensors.map(({ name, offset, length }) => ({ name, offset, length }))).toEqual([
    { name: "layers.0.weight", offset: 0, length: 100_000 },
    { name: "layers.0.bias", offset: 100_000, length: 100 },
    { name: "layers.2.weight", offset: 100_112, length: 700 },
    { name: "layers.2.bias", offset: 100_816, length: 7 },
  ]);
  expect(length).toBe(100_832);
});

describe.each([
  ["glorot_uniform", Math.sqrt(2 / 3500), Math.sqrt(6 / 3500)],
  ["glorot_normal", Math.sqrt(2 / 3500), Number.POSITIVE_INFINITY],
  ["he_uniform", Math.sqrt(2 / 1000), Math.sqrt(6 / 1000)],
  ["he_normal", Math.sqrt(2 / 1000), Number.POSITIVE_INFINITY],
] as const)("%s", (initialisation, deviation, limit) => {
  test("has the mean, the variance and the shape of its distribution", () => {
    const z = first(fill(initialisation, 3)).map((weight) => weight / deviation);
    const moment = (power: number) => z.reduce((sum, x) => sum + x ** power, 0) / z.length;
    // Five standard errors of each estimate: 1/√n, √(μ4 − 1)/√n and, at most, √96/√n.
    const error = 5 / Math.sqrt(z.length);
    const kurtosis = limit === Number.POSITIVE_INFINITY ? 3 : 9 / 5;
    expect(Math.abs(moment(1))).toBeLessThan(error);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(error * Math.sqrt(kurtosis - 1));
    expect(Math.abs(moment(4) - kurtosis)).toBeLessThan(error * Math.sqrt(96));
    const largest = z.reduce((max, x) => Math.max(max, Math.abs(x)), 0) * deviation;
    expect(largest).toBeLessThan(limit * (1 + 1e-6));
    // All of the range is used: uniform numbers come within a thousandth of the limit, normal ones past 4 σ.
    expect(largest).toBeGreaterThan(Math.min(0.999 * limit, 4 * deviation));
  });

  test("leaves biases and padding zero, and the weights uncorrelated", () => {
    const weights = fill(initialisation, 4);
    const z = first(weights).map((weight) => weight / deviation);
    const correlation = z.slice(1).reduce((sum, x, i) => sum + x * z[i]!, 0) / z.length;
    expect(Math.abs(correlation)).toBeLessThan(5 / Math.sqrt(z.length));
    expect(weights.subarray(100_000, 100_112).every((x) => x === 0)).toBe(true);
    expect(weights.subarray(100_812).every((x) => x === 0)).toBe(true);
    expect(weights.subarray(100_112, 100_812).every((x) => x !== 0)).toBe(true);
  });
});

test("the same seed gives the same bits, another seed others", () => {
  for (const initialisation of INITIALISATIONS) {
    expect(fill(initialisation, 11)).toEqual(fill(initialisation, 11));
    const [one, other] = [first(fill(initialisation, 11)), first(fill(initialisation, 12))];
    expect(one.filter((weight, i) => weight === other[i]).length).toBeLessThan(10);
  }
});

test("a model's first weights do not depend on what follows", () => {
  const shorter = placeTensors(layers.slice(0, 1));
  const weights = new Float32Array(shorter.length);
  initialiseWeights(weights, shorter.tensors, "he_normal", 11);
  expect(first(weights)).toEqual(first(fill("he_normal", 11)));
});
