import { readFileSync } from "node:fs";
import type { ResolvedSchedule } from "@descent/contracts";
import { expect, test } from "vitest";
import { createSchedule } from "../src/schedule/create-schedule.ts";

/** What a framework makes of a rate of 1; test/schedules holds the script behind each file. */
interface Reference {
  source: string;
  schedule: ResolvedSchedule;
  factors: number[];
  single_precision?: true;
  /** Of a plateau: the metric after each epoch, null for NaN. */
  metrics?: (number | null)[];
}
const references = (framework: string): Reference[] =>
  JSON.parse(readFileSync(new URL(`schedules/golden/${framework}.json`, import.meta.url), "utf8"))
    .cases;

function expectFactors(actual: readonly number[], expected: readonly number[], tolerance: number) {
  expect(actual).toHaveLength(expected.length);
  const worst = expected.map((factor, index) => {
    const difference = Math.abs(actual[index]! - factor);
    return difference === 0 ? 0 : difference / Math.abs(factor);
  });
  expect(Math.max(...worst), `step ${worst.indexOf(Math.max(...worst))}`).toBeLessThan(tolerance);
}

/** Relative. */
const toleranceOf = ({ single_precision }: Reference) => (single_precision ? 1e-6 : 1e-12);

const curves = ["torch", "optax", "keras"].flatMap((framework) =>
  references(framework)
    .filter(({ metrics }) => metrics === undefined)
    .map((reference) => ({ framework, ...reference })),
);

test.each(curves)("$framework $source: $schedule", ({ framework: _, ...reference }) => {
  const { schedule, factors } = reference;
  const { factor } = createSchedule(schedule, 1);
  const perStep = factors.map((_, step) => factor(step));
  expectFactors(perStep, factors, toleranceOf(reference));

  const slow = createSchedule({ ...schedule, per: "epoch" } as ResolvedSchedule, 3);
  const perEpoch = Array.from({ length: 3 * factors.length }, (_, step) => slow.factor(step));
  expect(perEpoch).toEqual(perStep.flatMap((each) => [each, each, each]));
});

const plateaus = references("torch").filter(({ metrics }) => metrics !== undefined);
test.each(plateaus)("torch $source", ({ schedule, factors, metrics = [] }) => {
  if (schedule.type !== "plateau") throw new Error("only a plateau has metrics");
  const { factor, endEpoch } = createSchedule(schedule, 4);
  const actual = metrics.map((value, epoch) => {
    const before = factor(4 * epoch);
    expect(factor(4 * epoch + 3)).toBe(before);
    endEpoch({ [schedule.metric]: value ?? Number.NaN });
    return before;
  });
  expectFactors([...actual, factor(4 * metrics.length)], factors, 1e-12);
});

test("a plateau hears metrics below zero: their size counts, not their sign", () => {
  const drops = (values: readonly number[]) => {
    const plateau = { patience: 1, threshold: 0.1, cooldown: 0, floor: 0, factor: 0.5 };
    const schedule = createSchedule({ type: "plateau", metric: "val_r2", ...plateau }, 1);
    return values.map((value) => {
      schedule.endEpoch({ val_r2: value });
      return schedule.factor(0);
    });
  };
  // By hand: from -1, progress is more than 0.1 up; -0.95 is none, -0.85 is, and then 0.085 is wanted.
  expect(drops([-1, -1, -1, -1])).toEqual([1, 1, 0.5, 0.5]);
  expect(drops([-1, -0.95, -0.95])).toEqual([1, 1, 0.5]);
  expect(drops([-1, -0.95, -0.85, -0.8, -0.8])).toEqual([1, 1, 1, 1, 0.5]);
});

test("a plateau refuses an epoch without its metric", () => {
  const { schedule } = plateaus[0]!;
  expect(() => createSchedule(schedule, 1).endEpoch({ val_accuracy: 1 })).toThrow("no val_loss");
});

const common = { per: "step", warmup: { steps: 0, from: 0 } } as const;
test.each<[ResolvedSchedule, end: number]>([
  [{ type: "polynomial", power: 2, floor: 0.25, over: 10, ...common }, 0.25],
  [{ type: "linear", floor: 0.01, over: 10, ...common }, 0.01],
  [{ type: "cosine", floor: 0.125, over: 10, restarts: null, ...common }, 0.125],
  [{ type: "one_cycle", rise: 0.3, from: 0.04, floor: 4e-6, over: 10, per: "step" }, 4e-6],
])("after its end it stays there: %o", (schedule, end) => {
  const { factor } = createSchedule(schedule, 1);
  for (const step of [10, 11, 1e9]) expect(factor(step)).toBeCloseTo(end, 15);
});

// Goodfellow et al., eq. 8.14 by hand: e_k = (1 - a) e_0 + a e_tau, a = k / tau, with tau 4 and e_tau 0.01.
test("Goodfellow's linear decay", () => {
  const { factor } = createSchedule({ type: "linear", floor: 0.01, over: 4, ...common }, 1);
  const expected = [1, 0.7525, 0.505, 0.2575, 0.01, 0.01];
  expectFactors(
    expected.map((_, step) => factor(step)),
    expected,
    1e-12,
  );
});

// Every cycle starts at 1: cycle n starts at over (growth^n - 1) / (growth - 1), a whole step in all of these.
test.each([2, 3, 5, 10])("every restart is at the top, growth %i", (growth) => {
  const restarts = { growth };
  const { factor } = createSchedule({ type: "cosine", floor: 0, over: 7, restarts, ...common }, 1);
  for (let start = 7, length = 7 * growth; start < 1e9; start += length, length *= growth) {
    expect(factor(start)).toBe(1);
    expect(factor(start - 1)).toBeLessThan(0.06);
  }
});

test.each([
  [43, 1.1, [0, 43]],
  [30, 1.1, [0, 30, 63]],
  [4, 1.5, [0, 4, 10, 19]],
  [1000, 1.01, [0, 1000, 2010]],
])(
  "restarts at whole steps by a fractional growth are at the top: %i, growth %f",
  (over, growth, starts) => {
    const restarts = { growth };
    const { factor } = createSchedule({ type: "cosine", floor: 0, over, restarts, ...common }, 1);
    for (const start of starts) {
      expect(factor(start)).toBe(1);
      expect(factor(start + 1)).toBeLessThan(1);
    }
  },
);

test("a peak that falls on the first step is the first step", () => {
  const schedule: ResolvedSchedule = {
    type: "one_cycle",
    rise: 0.5,
    from: 0.1,
    floor: 0,
    over: 2,
    per: "step",
  };
  const { factor } = createSchedule(schedule, 1);
  expect([factor(0), factor(1)]).toEqual([1, 0]);
});
