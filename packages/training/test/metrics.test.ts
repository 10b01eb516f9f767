import { readFileSync } from "node:fs";
import { type Loss, METRIC_NAMES, type Metric, metricsOf } from "@descent/contracts";
import { describe, expect, test } from "vitest";
import { areaUnderCurve } from "../src/area-under-curve.ts";
import { measureValidation } from "../src/measure-validation.ts";

interface Case {
  name: string;
  loss: Loss;
  classes?: number;
  std?: number;
  outputs: number[];
  targets: number[];
  expected: Partial<Record<Metric, number>>;
}
const { cases } = JSON.parse(
  readFileSync(new URL("scikit-learn/metrics.json", import.meta.url), "utf8"),
) as { cases: Case[] };

const labels = (count: number) => Array.from({ length: count }, (_, k) => k);

function measure({ loss, classes, std = 1, outputs, targets }: Omit<Case, "name" | "expected">) {
  const part = {
    rows: targets.length,
    inputs: new Float32Array(),
    targets: classes === undefined ? Float32Array.from(targets) : Int32Array.from(targets),
  };
  const data = {
    classes: classes === undefined ? null : labels(classes),
    targetScale: { mean: 3, std },
  };
  return measureValidation(Float32Array.from(outputs), part, data, loss);
}

describe("metrics are scikit-learn's", () => {
  test.each(cases)("$name", ({ expected, ...given }) => {
    const measured = measure(given);
    expect(Object.keys(measured).sort()).toEqual(Object.keys(expected).sort());
    for (const [metric, value] of Object.entries(expected))
      expect(measured[metric as Metric], metric).toBeCloseTo(value, 12);
  });

  test("every metric of the validation part is among them", () => {
    const seen = new Set(cases.flatMap(({ expected }) => Object.keys(expected)));
    const wanted = METRIC_NAMES.filter((metric) => metric.startsWith("val_"));
    expect([...seen].sort()).toEqual(wanted.sort());
  });

  test.each(cases)("a job of such a target says it has them: $name", ({ classes, expected }) => {
    const said = metricsOf(classes ?? null).filter((metric) => metric.startsWith("val_"));
    expect(said.sort()).toEqual(Object.keys(expected).sort());
  });
});

describe("val_loss is the criterion of the training, as PyTorch has it", () => {
  const losses = JSON.parse(
    readFileSync(new URL("../../graph/test/pytorch-losses/losses.json", import.meta.url), "utf8"),
  ) as { cases: (Omit<Case, "expected"> & { shape: number[]; expected: { loss: number } })[] };
  test.each(losses.cases)("$name", ({ loss, shape, outputs, targets, expected }) => {
    const name = typeof loss === "string" ? loss : loss.type;
    const overClasses = { cross_entropy: shape[1]!, binary_cross_entropy: 2 };
    const classes = overClasses[name as keyof typeof overClasses];
    const given = { loss, outputs, targets, ...(classes ? { classes } : {}) };
    expect(measure(given).val_loss / expected.loss).toBeCloseTo(1, 12);
  });
});

test("of equal logits the lower class stands before", () => {
  const top5 = (target: number) =>
    measure({
      loss: "cross_entropy",
      classes: 6,
      outputs: [0, 0, 0, 0, 0, 0],
      targets: [target],
    });
  expect(top5(4).val_top_5_accuracy).toBe(1);
  expect(top5(5).val_top_5_accuracy).toBe(0);
  expect(top5(0).val_accuracy).toBe(1);
  expect(top5(1).val_accuracy).toBe(0);
});

test("the area under the curve, counted by hand", () => {
  const area = (scores: number[], targets: number[]) =>
    areaUnderCurve(Float64Array.from(scores), targets);
  expect(area([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(3 / 4);
  expect(area([1, 1, 1], [0, 1, 1])).toBe(1 / 2);
  expect(area([-Infinity, 0, Infinity], [0, 1, 1])).toBe(1);
  expect(area([1, 2], [1, 0])).toBe(0);
  expect(area([1, 2], [1, 1])).toBeNaN();
});

test.each([2, 6])("outputs that are no numbers have no metric at all: %i classes", (classes) => {
  const outputs = Array(classes * 3).fill(Number.NaN);
  const measured = measure({ loss: "cross_entropy", classes, outputs, targets: [0, 1, 0] });
  expect(Object.values(measured).every(Number.isNaN)).toBe(true);
});

test("an infinite logit of another class does not make a smoothed-away term", () => {
  const given = { classes: 2, outputs: [0, -Infinity], targets: [0] };
  expect(measure({ ...given, loss: "cross_entropy" }).val_loss).toBe(0);
});
