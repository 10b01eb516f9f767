import { expect, test } from "vitest";
import { findRule } from "../src/catalogue.ts";
import { compileRule, type Optimizer } from "../src/index.ts";

// What is known of the rules from the literature, apart from their formulas.

function build(
  rule: string,
  convention: string,
  own: Record<string, number>,
  tail = "",
  length = 1,
) {
  const found = findRule(rule, convention)!;
  const defaults = Object.fromEntries(found.hypers.map((hyper) => [hyper.name, hyper.default]));
  return compileRule(`${found.text}\n${tail}`, { ...defaults, ...own }, length, "float64");
}

/**
 * Reddi, Kale & Kumar 2018, section 3: f_t(x) = 1010 x every 101st step, else -10 x, with x kept in [-1, 1].
 * The best point is -1. Beta 0.9 and 0.99 as in their figure 1.
 *
 * @returns the mean of x over the last cycle of 101 steps
 */
function endOfCounterExample(rule: string, convention: string, lr: number): number {
  const stay = "w = max(-1, min(1, w))";
  const optimizer = build(rule, convention, { lr, beta1: 0.9, beta2: 0.99 }, stay);
  const steps = 101 * 2000;
  let mean = 0;
  for (let t = 1; t <= steps; t++) {
    optimizer.gradients[0] = t % 101 === 1 ? 1010 : -10;
    optimizer.step();
    if (t > steps - 101) mean += optimizer.weights[0]! / 101;
  }
  return mean;
}

test.each(["paper", "torch", "keras", "optax"])(
  "Adam (%s) ends at the worst point",
  (convention) => {
    expect(endOfCounterExample("adam", convention, 0.01)).toBeGreaterThan(0.95);
  },
);
test.each(["paper", "torch", "keras", "optax"])("AMSGrad (%s) ends at the best", (convention) => {
  const lr = convention === "optax" ? 0.1 : 0.01; // its maximum of the corrected v is larger, its steps smaller
  expect(endOfCounterExample("amsgrad", convention, lr)).toBeLessThan(-0.95);
});

/**
 * Wilson et al. 2017, section 3.3: least squares on rows whose first feature is the label, two are always 1,
 * and the rest tell every row apart (one for label 1, five for label -1). Trained on all rows at once from
 * zero, as there.
 *
 * @returns how many of 40 new rows, with features of their own, get their label right
 */
function rightOfNewRows(rule: string, convention: string, own: Record<string, number>): number {
  const labels = Array.from({ length: 40 }, (_, i) => (i % 3 === 2 ? -1 : 1)); // two thirds are 1
  const width = 3 + 5 * labels.length;
  const rows = labels.map((label, i) => {
    const row = new Float64Array(width);
    row.set([label, 1, 1]);
    return row.fill(1, 3 + 5 * i, 3 + 5 * i + (label === 1 ? 1 : 5));
  });
  const optimizer = build(rule, convention, own, "", width);
  for (let step = 0; step < 4000; step++) descend(optimizer, rows, labels);
  const [first, second, third] = optimizer.weights as Float64Array;
  // New rows share only the first three features with those trained on.
  return labels.filter((label) => Math.sign(label * first! + second! + third!) === label).length;
}

function descend(
  optimizer: Optimizer,
  rows: readonly Float64Array[],
  labels: readonly number[],
): void {
  const { weights, gradients } = optimizer;
  gradients.fill(0);
  for (const [i, row] of rows.entries()) {
    let error = -labels[i]!;
    for (let j = 0; j < row.length; j++) error += row[j]! * weights[j]!;
    for (let j = 0; j < row.length; j++) gradients[j]! += (2 * error * row[j]!) / rows.length;
  }
  optimizer.step();
}

test.each([
  ["sgd", "paper", { lr: 0.05 }],
  ["momentum", "torch", { lr: 0.01 }],
  ["nesterov", "torch", { lr: 0.01 }],
])("%s (%s) generalises where its kin does", (rule, convention, own) => {
  expect(rightOfNewRows(rule, convention, own)).toBe(40);
});
test.each([
  ["adagrad", "torch", { lr: 0.05 }],
  ["rmsprop", "torch", { lr: 0.001 }],
  ["adam", "torch", { lr: 0.01 }],
])("%s (%s) calls every new row 1, and is right for those only", (rule, convention, own) => {
  expect(rightOfNewRows(rule, convention, own)).toBe(27);
});
