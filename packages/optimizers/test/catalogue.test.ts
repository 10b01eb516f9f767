import { expect, test } from "vitest";
import {
  conventionsOf,
  defaultConvention,
  describeRule,
  findRule,
  listRules,
  resolveHypers,
} from "../src/catalogue.ts";
import { RuleError } from "../src/language/rule-error.ts";

const torchAdam = findRule("adam", "torch")!;

const defaults = (rule: string, convention: string) =>
  Object.fromEntries(findRule(rule, convention)!.hypers.map((each) => [each.name, each.default]));

test("defaults are the frameworks' and the papers'", () => {
  const moments = { lr: 0.001, beta1: 0.9, beta2: 0.999 };
  expect(defaults("adam", "paper")).toEqual({ ...moments, eps: 1e-8 });
  expect(defaults("adam", "torch")).toEqual({
    ...{ ...moments, eps: 1e-8, weight_decay: 0 },
    ...{ amsgrad: false, maximize: false, decoupled_weight_decay: false },
  });
  expect(defaults("adam", "keras")).toEqual({
    ...{ ...moments, eps: 1e-7, weight_decay: 0, amsgrad: false },
  });
  expect(defaults("momentum", "torch")).toEqual({
    ...{ lr: 0.001, momentum: 0.9, dampening: 0, weight_decay: 0, maximize: false },
  });
  expect(defaults("rmsprop", "torch")).toMatchObject({ lr: 0.01, rho: 0.99, eps: 1e-8 });
  expect(defaults("rmsprop", "keras")).toMatchObject({ lr: 0.001, rho: 0.9, eps: 1e-7 });
  expect(defaults("adagrad", "torch")).toMatchObject({ initial_accumulator: 0, eps: 1e-10 });
  expect(defaults("adagrad", "keras")).toMatchObject({ initial_accumulator: 0.1, eps: 1e-7 });
  expect(defaults("adadelta", "torch")).toMatchObject({ lr: 1, rho: 0.9 });
  expect(defaults("adadelta", "keras")).toMatchObject({ lr: 0.001, rho: 0.95 });
  const decay = ["torch", "keras", "optax"].map((each) => defaults("adamw", each).weight_decay);
  expect(decay).toEqual([0.01, 0.004, 1e-4]);
});

test("every rule says what it is in its first line and is listed once", () => {
  const names = listRules().map(({ rule, convention }) => `${convention}/${rule}`);
  expect(new Set(names).size).toBe(names.length);
  for (const { title, text } of listRules()) {
    expect(title.length).toBeGreaterThan(10);
    expect(text.startsWith(`# ${title}\n`)).toBe(true);
  }
});

/** The vocabulary of the HTTP contract, and what single frameworks add to it. */
const HYPERS = new Set([
  ...["lr", "momentum", "dampening", "beta1", "beta2", "eps", "rho", "centered"],
  ...["initial_accumulator", "lr_decay", "momentum_decay", "amsgrad", "weight_decay"],
  ...["maximize", "decoupled_weight_decay", "eps_root", "eps_in_sqrt", "nesterov"],
  ...["bias_correction", "bias_correction_m", "bias_correction_v", "threshold"],
  ...["trust_coefficient", "clip_threshold", "eps1", "eps2", "beta2_decay"],
  ...["eta_minus", "eta_plus", "min_step", "max_step", "lambd", "alpha"],
]);

test("one name per hyper in every convention, and no rate below zero", () => {
  for (const { rule, convention, hypers } of listRules()) {
    for (const { name } of hypers) expect(HYPERS, `${convention}/${rule}`).toContain(name);
    expect(hypers.find(({ name }) => name === "lr")).toMatchObject({ minimum: 0, maximum: null });
    for (const { name, kind, minimum } of hypers)
      expect(kind === "boolean" || minimum !== null || name === "beta2_decay").toBe(true);
  }
});

test("every rule is verified; a user's own is not", () => {
  for (const { rule, convention, verified } of listRules()) {
    expect(verified?.trajectories, `${convention}/${rule}`).toBeGreaterThan(5);
    expect(verified?.worst_relative_difference.float64).toBeLessThan(2e-8);
  }
  const own = describeRule("mine", "custom", "# Mine\nhyper lr = 1\nw -= lr * g\n");
  expect(own).toMatchObject({ rule: "mine", convention: "custom", title: "Mine", verified: null });
});

test("a text that reads well but means nothing is no description", () => {
  const describe = (text: string) => () => describeRule("mine", "custom", text);
  expect(describe("hyper lr = 1\nw -= lr * h\n")).toThrow(RuleError);
  expect(describe("hyper lr = 1\nw -= lr *\n")).toThrow(RuleError);
});

test("a job that names no convention gets the paper's, where there is one", () => {
  expect(conventionsOf("adam")).toEqual(["paper", "seed", "torch", "keras", "optax"]);
  expect(conventionsOf("nobody's")).toEqual([]);
  expect(defaultConvention("adam")).toBe("paper");
  expect(defaultConvention("nadamw")).toBe("torch");
  expect(defaultConvention("nobody's")).toBeUndefined();
});

test("a hyper may have the name of something that every object has", () => {
  const own = describeRule("mine", "custom", "hyper lr = 1, toString = 2\nw -= lr * toString * g");
  expect(resolveHypers(own, {})).toEqual({ hypers: { lr: 1, toString: 2 }, faults: null });
});

test("what is left out is filled in, what is given is kept", () => {
  const resolved = resolveHypers(torchAdam, { lr: 0.5, amsgrad: true });
  expect(resolved.faults).toBeNull();
  expect(resolved).toMatchObject({ hypers: { lr: 0.5, amsgrad: true, beta1: 0.9, eps: 1e-8 } });
});

test("all faults are named at once", () => {
  const given = {
    lr: -1,
    beta1: 1,
    eps: Number.POSITIVE_INFINITY,
    amsgrad: 1,
    beta2: "a",
    rho: 0.9,
  };
  const { faults } = resolveHypers(torchAdam, given);
  expect(faults?.map(({ name, message }) => `${name}: ${message}`).toSorted()).toEqual([
    "amsgrad: must be a boolean",
    "beta1: must be in [0, 1), is 1",
    "beta2: must be a number",
    "eps: must be in [0, inf), is Infinity",
    "lr: must be in [0, inf), is -1",
    'rho: adam (torch) has no hyper "rho"',
  ]);
});

test("a bound that a range excludes is refused, one that it includes is not", () => {
  const nesterov = findRule("nesterov", "torch")!; // PyTorch: Nesterov needs a positive momentum
  expect(resolveHypers(nesterov, { momentum: 0 }).faults).toHaveLength(1);
  expect(resolveHypers(findRule("momentum", "torch")!, { momentum: 0 }).faults).toBeNull();
  expect(resolveHypers(findRule("nesterov", "keras")!, { momentum: 0 }).faults).toBeNull();
  const lion = findRule("lion", "keras")!; // Keras: with a beta1 of 0, Lion is SignSGD
  expect(resolveHypers(lion, { beta1: 0 }).faults).toHaveLength(1);
  for (const [rule, hypers] of [
    ["momentum", { momentum: 1, dampening: 1 }],
    ["nesterov", { momentum: 1 }],
    ["rmsprop", { momentum: 1 }],
    ["adadelta", { eps: 0 }],
    ["adamax", { eps: 0 }],
  ] as const)
    expect(resolveHypers(findRule(rule, "torch")!, hypers).faults).toBeNull();
  expect(
    resolveHypers(findRule("adafactor_unfactored", "torch")!, { beta2_decay: 0.1 }).faults,
  ).toHaveLength(1);
});

test("names of every object's own machinery are unknown hypers", () => {
  const given = Object.fromEntries([
    ["__proto__", 1],
    ["constructor", 2],
  ]);
  expect(resolveHypers(torchAdam, given).faults?.map(({ name }) => name)).toEqual([
    "__proto__",
    "constructor",
  ]);
});
