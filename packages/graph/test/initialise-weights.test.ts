import { INITIALISATIONS, type Initialisation, type Layer } from "@descent/contracts";
import { describe, expect, test } from "vitest";
import { initialiseWeights, placeTensors } from "../src/index.ts";
import { modelOf } from "./small-model.ts";

const model = (initialisation: Initialisation): Layer[] => [
  { type: "conv2d", filters: 100, kernel: 5, initialisation },
  { type: "flatten" },
  { type: "dense", units: 7, initialisation },
];
const parametersOf = (initialisation: Initialisation) =>
  modelOf(model(initialisation), [40, 5, 5], 7).parameters;
const { tensors, length } = placeTensors(parametersOf("he_normal"));
const fill = (initialisation: Initialisation, seed: number) => {
  const weights = new Float32Array(length);
  initialiseWeights(weights, placeTensors(parametersOf(initialisation)).tensors, seed);
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

/** Normal, cut at two deviations: its variance and fourth moment, against those before the cut. */
const density = Math.exp(-2) / Math.sqrt(2 * Math.PI);
const inside = 0.954499736103642; // the normal distribution's probability within ± 2
const cutVariance = 1 - (4 * density) / inside;
const cutFourth = 3 * cutVariance - (16 * density) / inside;

describe.each([
  ["glorot_uniform", Math.sqrt(2 / 3500), 9 / 5, Math.sqrt(3)],
  ["glorot_normal", Math.sqrt(2 / 3500), 3, Number.POSITIVE_INFINITY],
  ["he_uniform", Math.sqrt(2 / 1000), 9 / 5, Math.sqrt(3)],
  ["he_normal", Math.sqrt(2 / 1000), 3, Number.POSITIVE_INFINITY],
  ["lecun_uniform", Math.sqrt(1 / 1000), 9 / 5, Math.sqrt(3)],
  ["lecun_normal", Math.sqrt(1 / 1000), 3, Number.POSITIVE_INFINITY],
  [
    "truncated_normal",
    0.05 * Math.sqrt(cutVariance),
    cutFourth / cutVariance ** 2,
    2 / Math.sqrt(cutVariance),
  ],
] as const)("%s", (initialisation, deviation, kurtosis, limit) => {
  test("has the mean, the variance and the shape of its distribution", () => {
    const z = first(fill(initialisation, 3)).map((weight) => weight / deviation);
    const moment = (power: number) => z.reduce((sum, x) => sum + x ** power, 0) / z.length;
    // Five standard errors of each estimate: 1/√n, √(μ4 − 1)/√n and, at most, √96/√n.
    const error = 5 / Math.sqrt(z.length);
    expect(Math.abs(moment(1))).toBeLessThan(error);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(error * Math.sqrt(kurtosis - 1));
    expect(Math.abs(moment(4) - kurtosis)).toBeLessThan(error * Math.sqrt(96));
    const largest = z.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
    expect(largest).toBeLessThan(limit * (1 + 1e-6));
    // All of the range is used: bounded numbers come within a thousandth of the limit, others past 4 σ.
    expect(largest).toBeGreaterThan(Math.min(0.999 * limit, 4));
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

test.each([
  ["wide", [5], 12],
  ["tall", [12], 5],
  ["square", [9], 9],
] as const)("orthogonal: a %s weight times its transpose is the identity", (_, input, units) => {
  const { parameters } = modelOf(
    [{ type: "dense", units, initialisation: "orthogonal" }],
    [...input],
    units,
  );
  const placed = placeTensors(parameters);
  const weights = new Float32Array(placed.length);
  initialiseWeights(weights, placed.tensors, 5);
  const [rows, columns] = [input[0], units];
  const at = (row: number, column: number) => weights[row * columns + column]!;
  const isWide = rows <= columns;
  const vectors = Array.from({ length: Math.min(rows, columns) }, (_, k) =>
    Array.from({ length: Math.max(rows, columns) }, (_, i) => (isWide ? at(k, i) : at(i, k))),
  );
  for (const [i, a] of vectors.entries())
    for (const [j, b] of vectors.entries()) {
      const product = a.reduce((sum, x, k) => sum + x * b[k]!, 0);
      expect(Math.abs(product - (i === j ? 1 : 0))).toBeLessThan(1e-6);
    }
});

test("orthogonal: the filters of a convolution are orthonormal, each weight of mean 0", () => {
  const weights = first(fill("orthogonal", 3));
  const filter = (k: number) => weights.slice(k * 1000, (k + 1) * 1000);
  for (const [i, j] of [
    [0, 0],
    [0, 1],
    [17, 99],
    [99, 99],
  ] as const) {
    const product = filter(i).reduce((sum, x, k) => sum + x * filter(j)[k]!, 0);
    expect(Math.abs(product - (i === j ? 1 : 0))).toBeLessThan(1e-6);
  }
  // 100 unit vectors of 1000 numbers: deviation 1/√1000, five standard errors.
  const mean = weights.reduce((sum, x) => sum + x, 0) / weights.length;
  expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(1000 * weights.length));
});

test("constants and zeros draw nothing", () => {
  expect(first(fill({ constant: -0.25 }, 3)).every((weight) => weight === -0.25)).toBe(true);
  expect(fill("zeros", 3).every((weight) => weight === 0)).toBe(true);
  const drawn = (before: Initialisation) => {
    const { parameters } = modelOf(
      [
        { type: "dense", units: 4, initialisation: before },
        { type: "dense", units: 3 },
      ],
      [2],
      3,
    );
    const placed = placeTensors(parameters);
    const weights = new Float32Array(placed.length);
    initialiseWeights(weights, placed.tensors, 9);
    const last = placed.tensors[2]!;
    return Array.from(weights.subarray(last.offset, last.offset + last.length));
  };
  expect(drawn({ constant: 1 })).toEqual(drawn("zeros"));
  expect(drawn("zeros")).not.toEqual(drawn("he_normal"));
});

test("a normalisation starts as the identity", () => {
  const { parameters } = modelOf([{ type: "batch_norm" }, { type: "layer_norm" }], [4], 4);
  const placed = placeTensors(parameters);
  const weights = new Float32Array(placed.length).fill(7);
  initialiseWeights(weights, placed.tensors, 1);
  for (const { role, offset, length } of placed.tensors)
    expect(Array.from(weights.subarray(offset, offset + length))).toEqual(
      Array.from({ length }, () => (role === "scale" ? 1 : 0)),
    );
});

test("the same seed gives the same bits, another seed others", () => {
  for (const initialisation of INITIALISATIONS) {
    expect(fill(initialisation, 11)).toEqual(fill(initialisation, 11));
    if (initialisation === "zeros") continue;
    const [one, other] = [first(fill(initialisation, 11)), first(fill(initialisation, 12))];
    expect(one.filter((weight, i) => weight === other[i]).length).toBeLessThan(10);
  }
});

test("a model's first weights do not depend on what follows", () => {
  const shorter = placeTensors(parametersOf("he_normal").slice(0, 2));
  const weights = new Float32Array(shorter.length);
  initialiseWeights(weights, shorter.tensors, 11);
  expect(first(weights)).toEqual(first(fill("he_normal", 11)));
});
