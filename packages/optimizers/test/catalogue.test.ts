import { expect, test } from "vitest";
import { findRule, listRules, resolveHypers } from "../src/catalogue.ts";

const torchAdam = findRule("adam", "torch")!;

test("defaults are PyTorch's and the papers'", () => {
  const defaults = (rule: string, convention: string) =>
    Object.fromEntries(findRule(rule, convention)!.hypers.map((each) => [each.name, each.default]));
  expect(defaults("adam", "torch")).toEqual({
    lr: 0.001,
    beta1: 0.9,
    beta2: 0.999,
    eps: 1e-8,
    weight_decay: 0,
    amsgrad: false,
  });
  expect(defaults("momentum", "torch")).toEqual({
    lr: 0.001,
    momentum: 0.9,
    dampening: 0,
    weight_decay: 0,
  });
  expect(defaults("adam", "paper")).toEqual({ lr: 0.001, beta1: 0.9, beta2: 0.999, eps: 1e-8 });
});

test("every rule says what it is in its first line and is listed once", () => {
  const names = listRules().map(({ rule, convention }) => `${convention}/${rule}`);
  expect(new Set(names).size).toBe(8);
  for (const { title, text } of listRules()) {
    expect(title.length).toBeGreaterThan(10);
    expect(text.startsWith(`# ${title}\n`)).toBe(true);
  }
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
