import { expect, test } from "vitest";
import { compileRule, RuleError } from "../src/index.ts";

const LR = { lr: 0.5 };
const compiled = (body: string, count = 3, hypers: Record<string, number | boolean> = LR) =>
  compileRule(`hyper lr = 0.5\n${body}`, hypers, count, "float64");

test.each([
  ["w -= lr * q", /line 2, column 11: unknown name "q"; known here: w, g, t, lr/],
  ["w -= lr * foo(g)", /line 2, column 11: "foo" is no function; there are sqrt, abs/],
  ["hyper b = 1 in [2, 1]\nw -= g", /line 2, column 7: the range of "b" is empty/],
  [`state ${"x".repeat(65)}\nw -= g`, /a name has at most 64 letters/],
  ["w -= lr * $", /line 2, column 11: unexpected "\$"/],
  ["w -= lr *", /line 2, column 10: expected a number, a name or "\("/],
  ["w -= (lr * g", /line 2, column 13: expected "\)"/],
  ["w -= g ^ 2.5", /an array can be raised to 1, 2, 3 or 4 only/],
  ["lr = 3", /"lr" cannot be assigned to/],
  ["t += 1\nw -= g", /"t" cannot be assigned to/],
  ["state m\nm = g", /a rule updates "w"/],
  ["state w\nw -= g", /"w" already has a meaning/],
  ["scalar p\np = g\nw -= g", /line 3, column 1: "p" is a scalar; this is an array/],
  ["scalar p\np = norm(g)\nw -= g", /the scalar "p" is kept for all tensors together/],
  ["state m = lrr\nm = g\nw -= m", /"lrr" is neither/],
  ["w -= float(g)", /float rounds scalars; this is an array/],
  ["state norm\nw -= g", /expected a state's name, found "norm"/],
  ["w -= (g\nw -= g", /line 3, column 1: expected "\)" for the "\(" of line 2, column 6/],
  ["w -= sqrt(g, g)", /sqrt takes 1 arguments, not 2/],
  [`w -= ${"(".repeat(100)}g`, /levels of nesting/],
  [`w -= g${" + g".repeat(400)}`, /operators in a row/],
  [`# ${"x".repeat(30_000)}`, /at most 20000 characters/],
])("%s is refused with its place", (body, message) => {
  expect(() => compiled(body)).toThrow(RuleError);
  expect(() => compiled(body)).toThrow(message);
});

test("every operator and function computes what IEEE arithmetic says", () => {
  const bodies: [string, (w: number, g: number) => number][] = [
    ["w = w + g * 2 - 1 / g", (w, g) => w + g * 2 - 1 / g],
    ["w = -w ^ 2", (w) => -(w * w)],
    ["w = g ^ 3", (_, g) => g * g * g],
    ["w = sqrt(abs(g))", (_, g) => Math.sqrt(Math.abs(g))],
    ["w = sign(g) * 3", (_, g) => Math.sign(g) * 3],
    ["w = min(w, g) - max(w, g)", (w, g) => Math.min(w, g) - Math.max(w, g)],
    ["w = if(t == 1, g, w)", (_, g) => g],
    ["w = if(t > 1, g, w)", (w) => w],
    ["w = if(g > w, g, -w)", (w, g) => (g > w ? g : -w)],
    ["w = (g > 0) + 2 * (w != 0.3)", (w, g) => Number(g > 0) + 2 * Number(w !== 0.3)],
    ["w = if(g, 1 / w, w)", (w) => 1 / w],
    ["w = lr * (\n  g +\n  w)", (w, g) => 0.5 * (g + w)],
    ["a = 1 - lr^t\nw = a * g / (a + 1)", (_, g) => (0.5 * g) / 1.5],
  ];
  for (const [body, reference] of bodies) {
    const optimizer = compiled(body);
    const [w, g] = [
      [1.25, -2, 0.3],
      [0.75, -0.1, 5],
    ];
    optimizer.weights.set(w!);
    optimizer.gradients.set(g!);
    optimizer.step();
    expect(Array.from(optimizer.weights), body).toEqual(
      w!.map((each, i) => reference(each, g![i]!)),
    );
  }
});

test("float32 has the same operations", () => {
  const [w, g] = [
    [1.25, -2, 4, -0, 0.5],
    [0.75, -0.5, 16, 0, -3],
  ];
  // Numbers for which every result is exact, so that float32 and float64 must agree.
  const bodies: [string, (w: number, g: number) => number][] = [
    ["w = -w * g + g - w", (w, g) => -w * g + g - w],
    ["w = g / 4", (_, g) => g / 4],
    ["w = sqrt(w^2) + abs(g)", (w, g) => Math.abs(w) + Math.abs(g)],
    ["w = sign(g)", (_, g) => Math.sign(g)],
    ["w = min(w, g) + 2 * max(w, g)", (w, g) => Math.min(w, g) + 2 * Math.max(w, g)],
    ["w = -g", (_, g) => -g],
    ["w = if(t >= 2, w, g)", (_, g) => g],
  ];
  for (const [body, reference] of bodies) {
    const optimizer = compileRule(`hyper lr = 0.5\n${body}`, LR, 5);
    optimizer.weights.set(w!);
    optimizer.gradients.set(g!);
    optimizer.step();
    expect(Array.from(optimizer.weights), body).toEqual(
      w!.map((each, i) => reference(each, g![i]!)),
    );
  }
});

test("a condition on lr is decided at every step: a schedule may change it", () => {
  const optimizer = compiled("w = if(lr > 0.3, w + 1, w + 2)", 1);
  optimizer.step();
  optimizer.step(0.2); // lr 0.1
  expect(optimizer.weights[0]).toBe(3);
});

test("states keep their start value and what an option turns off is not allocated", () => {
  const text =
    "hyper lr = 1\nhyper on = false\nstate a = 0.1, b\nb = if(on, b + g, b)\na += g^2\nw -= lr * if(on, b, a)";
  const off = compileRule(text, { lr: 1, on: false }, 2, "float64");
  expect(Object.keys(off.states)).toEqual(["a"]);
  expect(off.states.a![1]).toBe(0.1);
  expect(Object.keys(compileRule(text, { lr: 1, on: true }, 2).states)).toEqual(["b"]);
});

test("the gradient norm is the L2 norm of all gradients", () => {
  const optimizer = compiled("w -= g", 1003);
  optimizer.gradients.fill(2);
  expect(optimizer.gradientNorm()).toBeCloseTo(2 * Math.sqrt(1003), 10);
  const single = compileRule("hyper lr = 1\nw -= g", LR, 5);
  single.gradients.set([3, 4, 0, 0, 12]);
  expect(single.gradientNorm()).toBe(13);
});
