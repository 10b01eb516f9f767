import type { ComparisonWarning } from "@descent/contracts";
import { beforeEach, expect, test } from "vitest";
import { type Question, type Run, summariseGroups } from "../src/index.ts";

const question: Question = {
  metric: "val_accuracy",
  direction: "maximize",
  select: "best",
  target: 0.9,
};
let count = 0;
beforeEach(() => {
  count = 0;
});
function run(rule: string, value: number | null, more: Partial<Run> = {}): Run {
  count += 1;
  return {
    job: `job_${count}`,
    key: { "optimizer.rule": rule },
    status: "finished",
    diverged: false,
    value,
    seed: count,
    epochs: 10,
    dataset: "a",
    model: "m",
    optimizer: { rule, lr: "0.1" },
    epochsToTarget: null,
    secondsToTarget: null,
    ...more,
  };
}
const codes = (warnings: ComparisonWarning[]) => warnings.map(({ code }) => code);
const rules = (answer: { key: Record<string, unknown> }[]) =>
  answer.map(({ key }) => key["optimizer.rule"]);

test("three groups of three: hand-computed numbers, best first, nothing to warn of", () => {
  const answer = summariseGroups(
    [
      run("sgd", 0.5, { epochsToTarget: null, secondsToTarget: null }),
      run("adam", 0.75, { epochsToTarget: 4, secondsToTarget: 0.5 }),
      run("sgd", 0.25),
      run("adam", 1, { epochsToTarget: 2, secondsToTarget: 0.25 }),
      run("sgd", 0),
      run("adam", 0.5),
    ],
    question,
  );
  expect(answer.groups).toEqual([
    {
      key: { "optimizer.rule": "adam" },
      n: 3,
      diverged: 0,
      value: { mean: 0.75, std: 0.25, min: 0.5, max: 1 },
      epochs_to_target: { median: 4, reached: 2 },
      seconds_to_target: { median: 0.5, reached: 2 },
      jobs: ["job_2", "job_4", "job_6"],
    },
    {
      key: { "optimizer.rule": "sgd" },
      n: 3,
      diverged: 0,
      value: { mean: 0.25, std: 0.25, min: 0, max: 0.5 },
      epochs_to_target: { median: null, reached: 0 },
      seconds_to_target: { median: null, reached: 0 },
      jobs: ["job_1", "job_3", "job_5"],
    },
  ]);
  expect(rules(answer.ranking)).toEqual(["adam", "sgd"]);
  expect(answer.warnings).toEqual([]);
});

test("minimize orders the other way; without a target there is nothing to reach", () => {
  const runs = [run("a", 3), run("b", 1), run("c", 2)];
  const answer = summariseGroups(runs, {
    ...question,
    metric: "val_loss",
    direction: "minimize",
    target: null,
  });
  expect(rules(answer.groups)).toEqual(["b", "c", "a"]);
  expect(answer.groups[0]?.epochs_to_target).toBeNull();
  expect(answer.groups[0]?.value.std).toBeNull();
});

test("runs without a value count in n, stay out of the mean, and are named", () => {
  const answer = summariseGroups(
    [
      run("worst", null, { diverged: true }),
      run("good", 0.5),
      run("good", null, { diverged: true }),
      run("good", 0.25),
    ],
    question,
  );
  expect(rules(answer.groups)).toEqual(["good", "worst"]);
  expect(answer.groups[0]).toMatchObject({ n: 3, diverged: 1, value: { mean: 0.375 } });
  expect(answer.groups[1]?.value).toEqual({ mean: null, std: null, min: null, max: null });
  expect(rules(answer.ranking)).toEqual(["good"]);
  const warning = answer.warnings.find(({ code }) => code === "no_value");
  expect(warning?.message).toContain("2 of 4 runs");
  expect(warning?.groups.map((key) => key["optimizer.rule"])).toEqual(["good", "worst"]);
});

test("equal means stand in the order of their keys, whatever order the runs came in", () => {
  const runs = ["c", "a", "b"].map((rule) => run(rule, 0.5));
  expect(rules(summariseGroups(runs, question).groups)).toEqual(["a", "b", "c"]);
  expect(rules(summariseGroups(runs.toReversed(), question).groups)).toEqual(["a", "b", "c"]);
});

test("the same seed three times is not three seeds", () => {
  const answer = summariseGroups(
    [1, 1, 1].map((seed) => run("adam", 0.5, { seed })),
    question,
  );
  expect(codes(answer.warnings)).toEqual(["fewer_than_three_seeds"]);
});

test("mixed data, models, epochs and unfinished jobs are named", () => {
  const answer = summariseGroups(
    [
      run("adam", 0.5),
      run("adam", 0.5),
      run("adam", 0.5, { dataset: "b", status: "running" }),
      run("sgd", 0.25, { model: "n", epochs: 5 }),
      run("sgd", 0.25, { status: "failed" }),
      run("sgd", 0.25),
    ],
    question,
  );
  expect(codes(answer.warnings)).toEqual([
    "different_datasets",
    "different_models",
    "unequal_epochs",
    "unfinished_jobs",
  ]);
  expect(answer.warnings[3]?.message).toContain("1 running, 1 failed");
});

const tuned = (rule: string, lr: number, value: number) =>
  run(rule, value, { key: { "optimizer.rule": rule, "optimizer.lr": lr } });
test.each([
  { title: "largest", runs: [tuned("a", 0.1, 0.9), tuned("a", 0.01, 0.5)], edge: ["optimizer.lr"] },
  {
    title: "inside",
    runs: [tuned("a", 0.1, 0.5), tuned("a", 0.01, 0.9), tuned("a", 0.001, 0.5)],
    edge: [],
  },
  { title: "only one tried", runs: [tuned("a", 0.1, 0.9)], edge: [] },
  {
    title: "another rule's rates do not count",
    runs: [tuned("a", 0.1, 0.9), tuned("b", 0.01, 0.5), tuned("b", 1, 0.5)],
    edge: [],
  },
])("best at the edge of the tried range: $title", ({ runs, edge }) => {
  const warnings = summariseGroups(runs, question).warnings.filter(
    ({ code }) => code === "best_at_edge_of_range",
  );
  expect(warnings.map(({ message }) => message.match(/optimizer\.\w+/)?.[0])).toEqual(edge);
});

test("no runs: an empty answer", () => {
  expect(summariseGroups([], question)).toEqual({
    ...question,
    groups: [],
    ranking: [],
    warnings: [],
  });
});

test("what a group mixes, what no run has, and what diverged is said", () => {
  const mixed = [
    run("adam", 0.9, { optimizer: { rule: "adam", lr: "0.1", clip: "null" } }),
    run("adam", 0.8, { optimizer: { rule: "adam", lr: "0.2", clip: "null" } }),
    run("adam", 0.7, { optimizer: { rule: "adam", lr: "0.1", clip: '{"value":1}' } }),
    run("sgd", 0.6),
    run("sgd", 0.6, { diverged: true }),
    run("sgd", 0.6),
  ].map((each) => ({ ...each, key: { ...each.key, "optimizer.lrr": null } }));
  const { warnings } = summariseGroups(mixed, question);
  expect(codes(warnings)).toEqual(["mixed_optimizers", "unknown_field", "diverged_runs"]);
  const [mixture, unknown, diverged] = warnings as [
    ComparisonWarning,
    ComparisonWarning,
    ComparisonWarning,
  ];
  expect(mixture.message).toContain(
    "1 of 2 groups mix runs that differ in optimizer.lr, optimizer.clip",
  );
  expect(mixture.groups).toEqual([{ "optimizer.rule": "adam", "optimizer.lrr": null }]);
  expect(unknown.message).toBe("none of the runs has the field optimizer.lrr");
  expect(diverged.message).toContain("1 of 6 runs diverged");
  expect(diverged.groups).toEqual([{ "optimizer.rule": "sgd", "optimizer.lrr": null }]);
});

test("an edge beyond which nothing lies is none to warn of", () => {
  const tried = (field: string, values: number[]) =>
    summariseGroups(
      values.flatMap((value) =>
        [1, 2, 3].map(() => run("adam", 1 / (1 + value), { key: { [field]: value } })),
      ),
      question,
    ).warnings;
  expect(codes(tried("optimizer.accumulate", [1, 2, 4]))).toEqual([]);
  expect(codes(tried("optimizer.weight_decay", [0, 0.1]))).toEqual([]);
  expect(codes(tried("optimizer.lr", [0.1, 0.2]))).toEqual(["best_at_edge_of_range"]);
  expect(codes(tried("optimizer.accumulate", [2, 4]))).toEqual(["best_at_edge_of_range"]);
});
