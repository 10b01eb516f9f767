import { expect, test } from "vitest";
import { listRules } from "../src/catalogue.ts";
import { compileRule } from "../src/index.ts";
import { createOptimizer } from "./create-optimizer.ts";

const defaults = (rule: string, convention: string) => {
  const { hypers } = listRules().find((r) => r.rule === rule && r.convention === convention)!;
  return Object.fromEntries(hypers.map((hyper) => [hyper.name, hyper.default]));
};

test("a rate given to one step replaces the hyper's, inside or outside the velocity as the convention has it", () => {
  const moved = (convention: string) => {
    const hypers = { ...defaults("momentum", convention), lr: 1, momentum: 0.5 };
    const optimizer = createOptimizer({ rule: "momentum", convention, hypers }, 1, "float64");
    optimizer.gradients.fill(1);
    optimizer.step();
    optimizer.step(0.25);
    expect(optimizer.stepsTaken).toBe(2);
    return optimizer.weights[0];
  };
  // By hand. Step velocity: v = -1, then -0.5 - 0.25. Gradient velocity: b = 1, then 0.5 + 1 times 0.25.
  expect(moved("paper")).toBe(-1.75);
  expect(moved("torch")).toBe(-1.375);
});

test("two runs of one rule give the same bits, in weights and states", () => {
  const run = (rule: string, convention: string) => {
    const hypers = defaults(rule, convention);
    const optimizer = createOptimizer({ rule, convention, hypers }, 1001);
    for (let step = 1; step <= 20; step++) {
      for (let i = 0; i < 1001; i++)
        optimizer.gradients[i] = Math.sin(i * step) + optimizer.weights[i]!;
      optimizer.step();
    }
    return [optimizer.weights, ...Object.values(optimizer.states)].map((each) => Array.from(each));
  };
  for (const { rule, convention } of listRules())
    expect(run(rule, convention)).toEqual(run(rule, convention));
});

test("views stay valid and lie in the one memory, aligned for onnxruntime", () => {
  const hypers = defaults("adam", "paper");
  const optimizer = createOptimizer({ rule: "adam", convention: "paper", hypers }, 1_000_003);
  const { memory, weights, gradients, states } = optimizer;
  expect(Object.keys(states)).toEqual(["m", "v"]);
  gradients.fill(1);
  optimizer.step();
  for (const view of [weights, gradients, ...Object.values(states)]) {
    expect(view.buffer).toBe(memory.buffer);
    expect(view.byteOffset % 64).toBe(0);
    expect(view.length).toBe(1_000_003);
  }
  expect(weights[1_000_002]).toBe(weights[0]);
});

test("a NaN gradient reaches its own weight and no other, but through a norm", () => {
  for (const { rule, convention, text } of listRules()) {
    const hypers = defaults(rule, convention);
    const optimizer = createOptimizer({ rule, convention, hypers }, 6);
    optimizer.weights.fill(1);
    optimizer.gradients.set([1, 1, Number.NaN, 1, 1, 1]);
    optimizer.step();
    const isNumber = Array.from(optimizer.weights, (weight) => !Number.isNaN(weight));
    const others = !/\b(norm|rms)\(/.test(text.replace(/#.*/g, ""));
    expect(isNumber, `${convention}/${rule}`).toEqual([
      others,
      others,
      false,
      others,
      others,
      others,
    ]);
  }
});

test.each([-1, 1.5, Number.NaN, 2 ** 40])("%s parameters are refused in a sentence", (count) => {
  const text = "hyper lr = 1\nw -= lr * g";
  expect(() => compileRule(text, { lr: 1 }, count)).toThrow(RangeError);
  expect(() => compileRule(text, { lr: 1 }, count)).toThrow(/parameters/);
});

test("an unknown rule is refused", () => {
  const spec = { rule: "adam", convention: "nobody", hypers: {} };
  expect(() => createOptimizer(spec, 1)).toThrow('no rule "adam" in the convention "nobody"');
});

test("hypers left out get the rule's defaults; those out of range are refused", () => {
  const adam = (hypers: Record<string, number>) =>
    createOptimizer({ rule: "adam", convention: "paper", hypers }, 1, "float64");
  const optimizer = adam({ lr: 0.5 });
  optimizer.gradients.fill(3);
  optimizer.step();
  expect(optimizer.weights[0]).toBeCloseTo(-0.5, 8); // Adam's first step is lr, whatever the gradient
  expect(() => adam({ lr: -1, beta1: 2 })).toThrow(
    /paper\/adam: lr must be in .*; beta1 must be in/,
  );
});
