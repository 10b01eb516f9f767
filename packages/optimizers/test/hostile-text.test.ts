import { expect, test } from "vitest";
import { compileRule, RuleError } from "../src/index.ts";
import { createRandom } from "./random.ts";
import { randomText, tryText } from "./random-texts.ts";

const compile = (text: string, hypers: Record<string, number | boolean> = { lr: 0.5 }) =>
  compileRule(text, hypers, 3, "float64");

test.each([
  ["hyper lr = 1\nw = toString(g)", /line 2, column 5: "toString" is no function/],
  ["hyper lr = 1\n__proto__ = 2\nw -= __proto__ * g", /line 2, column 1: unexpected "_"/],
  ["hyper lr = 0 in (0, 1)\nw -= lr * g", /line 1, column 7: the default of "lr" is outside/],
  ["hyper lr = inf\nw -= lr * g", /line 1, column 7: the default of "lr" must be a finite number/],
  ["hyper lr = true\nw -= lr * g", /line 1, column 7: "lr" is a number/],
  ["hyper lr = 1, b = true in [0, 1]\nw -= lr * b * g", /column 15: "b" is true or false/],
  ["hyper lr = 1\nstate m = inf\nm = g\nw -= m", /line 2, column 7: .*start.* finite/],
])("%j is refused with its place", (text, message) => {
  expect(() => compile(text)).toThrow(RuleError);
  expect(() => compile(text)).toThrow(message);
});

test("no name of the text collides with a name of the machinery", () => {
  for (const name of ["uniforms", "toString", "constructor", "hasOwnProperty", "valueOf"]) {
    const text = `hyper lr = 1\nstate ${name}\n${name} = ${name} + g\nw -= 2 * lr * ${name}`;
    const state = compile(text);
    state.gradients.fill(3);
    state.step();
    expect(Array.from(state.weights), name).toEqual([-3, -3, -3]);

    const scalar = compile(`hyper lr = 1\n${name} = t\nw -= if(${name} == 1, ${name} * g, w)`);
    scalar.gradients.fill(3);
    scalar.step();
    expect(Array.from(scalar.weights), name).toEqual([-3, -3, -3]);
  }
});

test("a temporary that an option turns into a scalar keeps its order of assignments", () => {
  const text = [
    "hyper lr = 1",
    "hyper on = false",
    "d = if(on, g, 1)",
    "w -= d * g",
    "d = d + 1",
    "w -= d * g",
  ].join("\n");
  const optimizer = compile(text, { lr: 1, on: false });
  optimizer.gradients.fill(1);
  optimizer.step();
  expect(Array.from(optimizer.weights)).toEqual([-3, -3, -3]); // 1 + 2, by hand
});

test("texts at the bounds compile, texts beyond are refused, and none overflows the stack", () => {
  const lines = (count: number, line: (i: number) => string) =>
    `hyper lr = 1\n${Array.from({ length: count }, (_, i) => line(i)).join("\n")}`;
  const chain = new Array(58).fill("g^4").join(" + ");
  let deep = "g";
  for (let level = 0; level < 55; level++) deep = `min(${deep} + ${chain}, 1)`;
  expect(() => compile(`hyper lr = 1\nw = ${deep}`)).toThrow(/at most 500 numbers and names/);

  const scalars = lines(80, (i) => `w += ${i}.5 * g + ${i}.25 * g + ${i}.75`); // 400 + 80 operands
  for (const text of [scalars, lines(8, () => `w = ${new Array(28).fill("g^4").join(" + ")}`)]) {
    expect(() => compile(text)).not.toThrow();
  }
});

test("norms, and values that wait for one, are bounded", () => {
  const sum = (count: number, term: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => term(i)).join(" + ");
  const norms = (count: number) => `hyper lr = 1\nw -= ${sum(count, (i) => `norm(g + ${i})`)}`;
  expect(() => compile(norms(32))).not.toThrow();
  expect(() => compile(norms(33))).toThrow(/at most 32 norms/);

  const waiting = (count: number) => {
    const values = Array.from({ length: count }, (_, i) => `a${i} = g * ${i}`).join("\n");
    return `hyper lr = 1\n${values}\nw -= norm(g) * (${sum(count, (i) => `a${i}`)})`;
  };
  expect(() => compile(waiting(8))).not.toThrow();
  expect(() => compile(waiting(9))).toThrow(/at most 8 values may wait for a norm/);

  const chain = (count: number) => `hyper lr = 1\nw -= ${sum(count + 1, () => "g")}`;
  expect(() => compile(chain(60))).not.toThrow();
  expect(() => compile(chain(61))).toThrow(/at most 60 operators in a row/);
});

test("nesting costs no more than its length: every level once", () => {
  const nested = (inner: string, around: (inner: string) => string, levels = 50) => {
    let text = inner;
    for (let level = 0; level < levels; level++) text = around(text);
    return text;
  };
  // Were any of these walked twice at every level, it would take 2^50 steps.
  const conditions = nested("t == 1", (inner) => `if(${inner}, 1, 0)`);
  const branches = nested("g", (inner) => `if(t == 1, ${inner}, 0)`);
  const powers = nested("g", (inner) => `(${inner})^1`);
  const signs = nested("g", (inner) => `sign(${inner})`);
  const scalars = nested("t", (inner) => `(${inner} + 1)`);
  for (const expression of [conditions, branches, powers, signs, scalars])
    expect(() => compile(`hyper lr = 1\nw -= lr * g * ${expression}`)).not.toThrow();
  const norms = nested("g", (inner) => `(norm(${inner}) * g)`, 20);
  expect(() => compile(`hyper lr = 1\nw -= ${norms}`)).toThrow(/at most 7 norms that build on/);
});

test("random texts and changed rules compile or are refused, and stay inside their arrays", () => {
  const random = createRandom(99);
  const outcomes = { compiled: 0, refused: 0 };
  for (let round = 0; round < 10_000; round++) outcomes[tryText(randomText(random))] += 1;
  expect(outcomes.compiled).toBeGreaterThan(1000);
  expect(outcomes.refused).toBeGreaterThan(1000);
});
