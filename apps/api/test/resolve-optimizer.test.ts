import type {
  Column,
  DatasetProfile,
  Hyper,
  JobSpec,
  OptimizerSpec,
  ScheduleSpec,
} from "@descent/contracts";
import type { RuleDescription } from "@descent/optimizers/catalogue";
import { expect, test } from "vitest";
import { matchesPattern } from "../src/resolve-job/matches-pattern.ts";
import { resolveJob } from "../src/resolve-job/resolve-job.ts";

const number = (name: string): Column => ({
  name,
  kind: "number",
  min: 0,
  max: 9,
  mean: 4,
  missing: 0,
  first_missing_row: null,
  classes: null,
});
// 100 rows: 80 train, in batches of 16: 5 steps an epoch, 50 in 10 epochs.
const profile: DatasetProfile = { rows: 100, shape: null, columns: [number("a"), number("y")] };

const hyper = (name: string, initial: number | boolean, minimum: number | null): Hyper => ({
  name,
  kind: typeof initial === "boolean" ? "boolean" : "number",
  default: initial,
  minimum,
  exclusive_minimum: false,
  maximum: null,
  exclusive_maximum: false,
});
/** A rule of a user's own, as the database has it. */
const mine: RuleDescription & { created_at: string } = {
  rule: "mine",
  convention: "custom",
  title: "Mine",
  hypers: [hyper("lr", 0.5, 0), hyper("weight_decay", 0, 0), hyper("maximize", false, null)],
  text: "the text of mine",
  verified: null,
  created_at: "2026-11-25T00:00:00Z",
};

function resolve(optimizer: Record<string, unknown>, more: Partial<JobSpec> = {}, data = profile) {
  const spec: JobSpec = {
    dataset: { id: "ds_1" },
    model: { layers: [{ type: "dense", units: 4 }, { type: "dense" }] },
    optimizer: { rule: "mine", ...optimizer } as OptimizerSpec,
    epochs: 10,
    batch_size: 16,
    ...more,
  };
  const ownRule = spec.optimizer.rule === mine.rule ? mine : null;
  return resolveJob(
    spec,
    { profile: data, ownRule, upload: null },
    {
      maxParameters: 1000,
      maxThreads: 4,
      drawSeed: () => 77,
    },
  );
}
function accepted(...given: Parameters<typeof resolve>) {
  const resolution = resolve(...given);
  if (resolution.faults) throw new Error(JSON.stringify(resolution.faults));
  return resolution;
}
const optimizerOf = (...given: Parameters<typeof resolve>) => accepted(...given).resolved.optimizer;

const none = { steps: 0, from: 0 };
const TENSORS = ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"];

test("a bare rule: every value is there", () => {
  const { resolved, warnings } = accepted({ rule: "sgd" });
  expect(resolved.optimizer).toMatchObject({
    rule: "sgd",
    convention: "paper",
    precision: "float32",
    schedule: { type: "constant", per: "step", warmup: none },
    clip: null,
    accumulate: 1,
    ema: null,
    groups: [],
  });
  expect(resolved.optimizer.lr).toBeTypeOf("number");
  expect(resolved.rule_text).toBeNull();
  expect(warnings).toEqual([]);
});

test.each<[ScheduleSpec, Record<string, unknown>]>([
  [{ type: "constant" }, { per: "step", warmup: none }],
  [
    { type: "step", every: 3 },
    { every: 3, factor: 0.1, per: "epoch", warmup: none },
  ],
  [
    { type: "step", every: 7, factor: 0.5, per: "step" },
    { every: 7, factor: 0.5, per: "step", warmup: none },
  ],
  [
    { type: "multi_step", at: [2, 5] },
    { at: [2, 5], factor: 0.1, per: "epoch", warmup: none },
  ],
  [
    { type: "exponential", factor: 0.9 },
    { factor: 0.9, per: "epoch", warmup: none },
  ],
  [{ type: "polynomial" }, { power: 1, floor: 0, over: 50, per: "step", warmup: none }],
  [
    { type: "polynomial", power: 2, floor: 0.1, over: 20, per: "step" },
    { power: 2, floor: 0.1, over: 20, per: "step", warmup: none },
  ],
  [{ type: "linear" }, { floor: 0.01, over: 50, per: "step", warmup: none }],
  [
    { type: "linear", floor: 0 },
    { floor: 0, over: 50, per: "step", warmup: none },
  ],
  [
    { type: "inverse_time", rate: 0.5 },
    { rate: 0.5, per: "step", warmup: none },
  ],
  [{ type: "cosine" }, { floor: 0, over: 50, restarts: null, per: "step", warmup: none }],
  [
    { type: "cosine", warmup: { steps: 8 } },
    { floor: 0, over: 42, restarts: null, per: "step", warmup: { steps: 8, from: 0 } },
  ],
  [
    { type: "cosine", per: "epoch", warmup: { steps: 2, from: 0.25 } },
    { floor: 0, over: 8, restarts: null, per: "epoch", warmup: { steps: 2, from: 0.25 } },
  ],
  [
    { type: "cosine", over: 4, restarts: {} },
    { floor: 0, over: 4, restarts: { growth: 1 }, per: "step", warmup: none },
  ],
  [{ type: "one_cycle" }, { rise: 0.3, from: 0.04, floor: 4e-6, over: 50, per: "step" }],
  [
    { type: "one_cycle", per: "epoch" },
    { rise: 0.3, from: 0.04, floor: 4e-6, over: 10, per: "epoch" },
  ],
  [
    { type: "plateau", patience: 3 },
    { metric: "val_loss", factor: 0.1, patience: 3, threshold: 1e-4, cooldown: 0, floor: 0 },
  ],
])("schedule %o", (schedule, expected) => {
  const { resolved, warnings } = accepted({ schedule });
  expect(resolved.optimizer.schedule).toEqual({ type: schedule.type, ...expected });
  expect(warnings).toEqual([]);
});

test.each<[title: string, Parameters<typeof optimizerOf>, steps: number]>([
  // 80 rows in batches of 16: 5 batches an epoch, in steps of 2, 2 and 1: 3 steps.
  ["accumulation", [{ accumulate: 2 }], 30],
  ["more accumulation than batches", [{ accumulate: 100 }], 10],
  ["a batch over all rows", [{}, { batch_size: 1000 }], 10],
  // round(0.1 x 5) = 1 (0.5 goes up): 4 rows train.
  ["five rows", [{}, { batch_size: 1, ...validating(0.1) }, { ...profile, rows: 5 }], 40],
  // round(0.9 x 2) = 2 would leave none: 1 row trains.
  ["two rows", [{}, { batch_size: 1, ...validating(0.9) }, { ...profile, rows: 2 }], 10],
])("the steps of a job: %s", (_title, [optimizer, ...more], steps) => {
  const { schedule } = optimizerOf({ ...optimizer, schedule: { type: "linear" } }, ...more);
  expect(schedule).toMatchObject({ over: steps });
});
function validating(validation_fraction: number): Pick<JobSpec, "dataset"> {
  return { dataset: { id: "ds_1", validation_fraction } };
}

test("clipping, accumulation and averaging are echoed", () => {
  const clip = { global_norm: 1 };
  expect(optimizerOf({ clip, accumulate: 4, ema: {} })).toMatchObject({
    clip,
    accumulate: 4,
    ema: { decay: 0.999 },
  });
  expect(optimizerOf({ ema: { decay: 0.5 } }).ema).toEqual({ decay: 0.5 });
});

test("a rule of the user's own works the same, and its text goes with the job", () => {
  for (const convention of [{}, { convention: "custom" }]) {
    const { resolved } = accepted({ ...convention, weight_decay: 0.1 });
    expect(resolved.optimizer).toMatchObject({
      rule: "mine",
      convention: "custom",
      lr: 0.5,
      weight_decay: 0.1,
      maximize: false,
    });
    expect(resolved.rule_text).toBe("the text of mine");
  }
});

test("groups: the first that matches has a tensor, its hypers go over the optimizer's", () => {
  const { groups, ...optimizer } = optimizerOf({
    weight_decay: 0.1,
    groups: [
      { match: "*.bias", weight_decay: 0 },
      { match: "layers.0.*", lr: 2 },
    ],
  });
  expect(optimizer).toMatchObject({ lr: 0.5, weight_decay: 0.1 });
  expect(groups).toEqual([
    {
      match: "*.bias",
      tensors: ["layers.0.bias", "layers.1.bias"],
      hypers: { lr: 0.5, weight_decay: 0, maximize: false },
    },
    {
      match: "layers.0.*",
      tensors: ["layers.0.weight"],
      hypers: { lr: 2, weight_decay: 0.1, maximize: false },
    },
  ]);
});

test.each<[title: string, optimizer: Record<string, unknown>, Expected[]]>([
  ["a rule that is not there", { rule: "adamm" }, [["/optimizer/rule", /no rule "adamm"/]]],
  [
    "a built-in rule as one's own",
    { rule: "sgd", convention: "custom" },
    [["/optimizer/convention", /"custom"/]],
  ],
  [
    "hypers, everywhere at once",
    {
      beta3: 1,
      lr: -1,
      groups: [
        { match: "*.bias", weight_decay: -1 },
        { match: "*", schedule: true, lr: 1 },
      ],
    },
    [
      ["/optimizer/beta3", /no hyper/, ["lr", "weight_decay", "maximize"]],
      ["/optimizer/lr", /\[0, inf\)/],
      ["/optimizer/groups/0/weight_decay", /\[0, inf\)/],
      ["/optimizer/groups/1/schedule", /no hyper/],
    ],
  ],
  ["a name with a slash", { "a/b~": 1 }, [["/optimizer/a~1b~0", /no hyper/]]],
  [
    "a pattern that matches nothing",
    { groups: [{ match: "layer.0.*" }] },
    [["/optimizer/groups/0/match", /matches no/, TENSORS]],
  ],
  [
    "a pattern whose tensors are all taken",
    { groups: [{ match: "*.weight" }, { match: "layers.1.w*" }] },
    [["/optimizer/groups/1/match", /earlier group/, ["layers.0.bias", "layers.1.bias"]]],
  ],
  [
    "a warm-up as long as the training",
    { schedule: { type: "cosine", warmup: { steps: 50 } } },
    [["/optimizer/schedule/warmup/steps", /50 steps/]],
  ],
  [
    "a warm-up longer than the training, in epochs",
    { schedule: { type: "constant", per: "epoch", warmup: { steps: 11 } } },
    [["/optimizer/schedule/warmup/steps", /11 epochs.*10 epochs/]],
  ],
  [
    "restarts without the first cycle's length",
    { schedule: { type: "cosine", restarts: { growth: 2 } } },
    [["/optimizer/schedule/over", /required with restarts/]],
  ],
  [
    "a plateau on what is not recorded",
    { schedule: { type: "plateau", metric: "val_accuracy", patience: 1 } },
    [
      [
        "/optimizer/schedule/metric",
        /no val_accuracy/,
        ["train_loss", "val_loss", "val_rmse", "val_mae", "val_r2"],
      ],
    ],
  ],
  [
    "milestones out of order",
    { schedule: { type: "multi_step", at: [3, 2, 5, 4] } },
    [
      ["/optimizer/schedule/at/1", /2 does not come after 3/],
      ["/optimizer/schedule/at/3", /4 does not come after 5/],
    ],
  ],
  [
    "schedule, hypers and groups at once",
    {
      x: 1,
      schedule: { type: "cosine", restarts: {}, warmup: { steps: 99 } },
      groups: [{ match: "x" }],
    },
    [
      ["/optimizer/schedule/warmup/steps", /99/],
      ["/optimizer/schedule/over", /required/],
      ["/optimizer/x", /no hyper/],
      ["/optimizer/groups/0/match", /matches no/],
    ],
  ],
])("refused: %s", (_title, optimizer, expected) => {
  const { faults } = resolve(optimizer);
  expect(faults?.map(({ pointer }) => pointer)).toEqual(expected.map(([pointer]) => pointer));
  for (const [index, [, message, allowed]] of expected.entries()) {
    expect(faults?.[index]?.message).toMatch(message);
    if (allowed) expect(faults?.[index]?.allowed).toEqual(allowed);
  }
});
type Expected = [pointer: string, message: RegExp, allowed?: string[]];

test("at most 50 tensors are named", () => {
  const layers = Array.from({ length: 30 }, () => ({ type: "dense" as const, units: 1 }));
  const { faults } = resolve({ groups: [{ match: "x" }] }, { model: { layers } });
  expect(faults?.[0]?.allowed).toHaveLength(50);
});

test("where the model or the rows are wrong, only that is named", () => {
  const optimizer = { schedule: { type: "cosine" }, groups: [{ match: "*.bias" }] };
  const model = { layers: [{ type: "dense" as const }, { type: "dense" as const }] };
  expect(resolve(optimizer, { model }).faults?.map(({ pointer }) => pointer)).toEqual([
    "/model/layers/0/units",
  ]);
  expect(
    resolve(optimizer, {}, { ...profile, rows: 1 }).faults?.map(({ pointer }) => pointer),
  ).toEqual(["/dataset/validation_fraction"]);
});

test.each<[optimizer: Record<string, unknown>, code: string, message: RegExp]>([
  [{ schedule: { type: "cosine", over: 51 } }, "schedule_ends_late", /51 steps.*50 steps/],
  [
    { schedule: { type: "linear", over: 45, warmup: { steps: 6 } } },
    "schedule_ends_late",
    /44 steps/,
  ],
  [{ schedule: { type: "one_cycle", over: 11, per: "epoch" } }, "schedule_ends_late", /10 epochs/],
  [{ schedule: { type: "step", every: 10 } }, "schedule_never_acts", /10 epochs/],
  [
    { schedule: { type: "multi_step", at: [10, 20] } },
    "schedule_never_acts",
    /first drop is at 10/,
  ],
  [{ schedule: { type: "multi_step", at: [9, 10] } }, "schedule_ends_late", /last drop is at 10/],
  [{ schedule: { type: "plateau", patience: 8 } }, "schedule_never_acts", /patience 8 .*11 epochs/],
  [{ maximize: true }, "maximizes", /climb/],
  [{ accumulate: 6 }, "accumulate_exceeds_epoch", /an epoch has 5 batches/],
  [{ ema: {} }, "ema_outlasts_training", /about 1000 steps, and the training has 50/],
  [{ groups: [{ match: "*.bias", maximize: true }] }, "maximizes", /climb/],
])("a warning: %o", (optimizer, code, message) => {
  expect(accepted(optimizer).warnings).toEqual([{ code, message: expect.stringMatching(message) }]);
});

test.each<Record<string, unknown>>([
  { schedule: { type: "cosine", over: 50 } },
  { schedule: { type: "step", every: 9 } },
  { schedule: { type: "multi_step", at: [1, 9] } },
  { schedule: { type: "plateau", patience: 7 } },
  { accumulate: 5 },
  { ema: { decay: 0.98 } },
  { schedule: { type: "constant", warmup: { steps: 49 } } },
])("no warning just inside: %o", (optimizer) => {
  expect(accepted(optimizer).warnings).toEqual([]);
});

test("a rule of one's own in a convention it has not, and one that is not there", () => {
  const faultsOf = (optimizer: Record<string, unknown>) => {
    const { faults } = resolve(optimizer);
    return faults;
  };
  expect(faultsOf({ convention: "paper" })).toEqual([
    {
      pointer: "/optimizer/convention",
      message: expect.stringContaining("mine"),
      allowed: ["custom"],
    },
  ]);
  const [unknown] = faultsOf({ rule: "theirs", convention: "custom" })!;
  expect(unknown).toEqual({
    pointer: "/optimizer/rule",
    message: expect.stringContaining("GET /v1/optimizers?convention=custom"),
  });
});

test.each<[pattern: string, matched: string[], not: string[]]>([
  ["layers.0.bias", ["layers.0.bias"], ["layers.0.biases", "xlayers.0.bias", "layers-0-bias"]],
  ["*", ["", "a", "layers.0.bias"], []],
  ["*.bias", ["layers.0.bias", ".bias"], ["layers.0.bias2", "bias"]],
  ["layers.*", ["layers.", "layers.0.bias"], ["layer.0"]],
  ["a*a", ["aa", "aba"], ["a", "ab"]],
  ["*a*b*", ["ab", "xaxbx", "aab"], ["ba", "b"]],
  ["ab*bc", ["abbc", "abxbc"], ["abc"]],
  ["a**c", ["ac", "abc"], ["ab"]],
  ["*b*b*", ["bb", "abcb"], ["b", "abc"]],
  ["[a].?", ["[a].?"], ["a.x", "a"]],
])("the pattern %s", (pattern, matched, not) => {
  for (const name of matched) expect(matchesPattern(pattern, name), name).toBe(true);
  for (const name of not) expect(matchesPattern(pattern, name), name).toBe(false);
});

test("no pattern makes matching slow", () => {
  const name = `${"a".repeat(100_000)}`;
  expect(matchesPattern(`${"*a".repeat(99)}*b`, name)).toBe(false);
});
