import { expect, test } from "vitest";
import { listRules, type RuleDescription } from "../src/catalogue.ts";
import { buildOptimizer, type Optimizer } from "../src/index.ts";

// What must hold of every rule, in one table. A rule that is an exception is named with its reason.

/** Every hyper that pulls weights towards zero whatever the gradient. */
const DECAYS = ["weight_decay", "lambd"];
const STEPS = 13; // odd: steps of equal length, as Lion's, cannot end where they began
const LENGTH = 21;

/** Optax's Yogi starts its first moment, too, at the initial accumulator: it moves before any gradient. */
const MOVES_WITHOUT_GRADIENT = ["optax/yogi"];
/** PyTorch's Rprop starts with steps of lr, but never takes one shorter than step_min. */
const MOVES_AT_LR_ZERO = ["torch/rprop"];

const nameOf = ({ convention, rule }: RuleDescription) => `${convention}/${rule}`;
const table = listRules().map((rule): [string, RuleDescription] => [nameOf(rule), rule]);
const usesNorms = ({ text }: RuleDescription) => /\b(norm|rms)\(/.test(text.replace(/#.*/g, ""));

type Own = Record<string, number | boolean>;
interface Run {
  own?: Own;
  precision?: "float32" | "float64";
  tensors?: { begin: number; length: number }[];
  gradient?: (i: number, step: number) => number;
  factor?: number;
}

const wave = (i: number, step: number) => Math.sin(2.3 * i + step * step + 0.7) * (1 + (i % 4));
const start = (i: number) => Math.fround(Math.cos(i) * 3);

/** A few steps from fixed weights on fixed gradients, everything else at its default, without decay. */
function run({ text, hypers }: RuleDescription, options: Run = {}): number[] {
  const { own = {}, precision = "float64", gradient = wave, factor = 1 } = options;
  const { tensors = [{ begin: 0, length: LENGTH }] } = options;
  const values: Own = {};
  for (const hyper of hypers) values[hyper.name] = DECAYS.includes(hyper.name) ? 0 : hyper.default;
  const groups = [{ tensors: [...tensors.keys()], hypers: { ...values, ...own } }];
  const optimizer: Optimizer = buildOptimizer({ text, precision, tensors, groups });
  const places = tensors.flatMap(({ begin, length }) =>
    Array.from({ length }, (_, i) => begin + i),
  );
  for (const [i, place] of places.entries()) optimizer.weights[place] = start(i);
  for (let step = 0; step < STEPS; step++) {
    for (const [i, place] of places.entries()) optimizer.gradients[place] = gradient(i, step);
    optimizer.step(factor);
  }
  return places.map((place) => optimizer.weights[place]!);
}

const booleans = ({ hypers }: RuleDescription): Own[] => [
  {},
  ...hypers.filter(({ kind }) => kind === "boolean").map(({ name }) => ({ [name]: true })),
];

test.each(table)("%s: a coordinate without gradient stays where it is", (name, rule) => {
  const stays = !MOVES_WITHOUT_GRADIENT.includes(name);
  const gradient = (i: number, step: number) => (i % 3 === 0 ? 0 : wave(i, step));
  for (const precision of ["float32", "float64"] as const)
    for (const own of booleans(rule)) {
      const weights = run(rule, { gradient, precision, own });
      for (const [i, weight] of weights.entries()) {
        expect(weight).not.toBeNaN();
        const isSame = weight === start(i);
        expect(isSame, `${i} with ${JSON.stringify(own)}`).toBe(stays && i % 3 === 0);
      }
    }
});

test.each(table)("%s: moves nothing at lr 0", (name, rule) => {
  const stays = run(rule, { factor: 0 }).every((weight, i) => weight === start(i));
  expect(stays).toBe(!MOVES_AT_LR_ZERO.includes(name));
});

test.each(table)("%s: a tensor may be cut in pieces, unless it takes norms", (_, rule) => {
  const tensors = [
    { begin: 0, length: 5 },
    { begin: 16, length: 12 },
    { begin: 32, length: 4 },
  ];
  for (const precision of ["float32", "float64"] as const) {
    const [whole, pieces] = [run(rule, { precision }), run(rule, { precision, tensors })];
    if (usesNorms(rule)) expect(pieces).not.toEqual(whole);
    else expect(pieces).toEqual(whole);
  }
});

test.each(table)("%s: an element's bits do not depend on where it stands", (_, rule) => {
  if (usesNorms(rule)) return expect(run(rule)).toEqual(run(rule));
  for (const precision of ["float32", "float64"] as const) {
    const whole = run(rule, { precision });
    for (let length = 1; length <= 9; length++)
      expect(run(rule, { precision, tensors: [{ begin: 0, length }] })).toEqual(
        whole.slice(0, length),
      );
  }
});

const SCALE_FREE = ["adam", "adamw", "amsgrad", "rmsprop", "nadam", "nadamw"];
const scaleFree = table.filter(
  ([, { rule, hypers }]) => SCALE_FREE.includes(rule) && hypers.some(({ name }) => name === "eps"),
);
test.each(scaleFree)("%s: without eps the gradient's scale does not matter", (_, rule) => {
  // A power of two scales every operation exactly, so that not a bit may differ.
  const scaled = (i: number, step: number) => 2 ** 20 * wave(i, step);
  const own = { eps: 0 };
  expect(run(rule, { own, gradient: scaled })).toEqual(run(rule, { own }));
  const other = (i: number, step: number) => 1000 * wave(i, step);
  for (const [i, weight] of run(rule, { own, gradient: other }).entries())
    expect(weight).toBeCloseTo(run(rule, { own })[i]!, 10);
});

test("the table is about every rule", () => {
  expect(table.length).toBe(listRules().length);
  expect(scaleFree.length).toBeGreaterThan(1);
});
