import type { Column, DatasetProfile, JobSpec, OptimizerSpec } from "@descent/contracts";
import { expect, test } from "vitest";
import { resolveJob } from "../src/resolve-job/resolve-job.ts";

const number = (name: string, classes: number[] | null = null): Column => ({
  name,
  kind: "number",
  min: 0,
  max: 9,
  mean: 4,
  missing: 0,
  first_missing_row: null,
  classes,
});
const category = (name: string, values: string[]): Column => ({
  name,
  kind: "category",
  values,
  missing: 0,
  first_missing_row: null,
});
const table = (...columns: Column[]): DatasetProfile => ({ rows: 100, shape: null, columns });
const many = (count: number) => Array.from({ length: count }, (_, index) => `v${index}`);

const optimizer: OptimizerSpec = { rule: "sgd" };
type More = Partial<Omit<JobSpec, "dataset">> & { dataset?: Partial<JobSpec["dataset"]> };
function resolve(profile: DatasetProfile, more: More = {}, maxParameters = 1000) {
  const { dataset, ...rest } = more;
  const spec: JobSpec = {
    dataset: { id: "ds_1", ...dataset },
    model: { layers: [{ type: "dense" }] },
    optimizer,
    epochs: 1,
    ...rest,
  };
  return resolveJob(
    spec,
    { profile, ownRule: null, upload: null },
    { maxParameters, maxThreads: 4, drawSeed: () => 77 },
  );
}
function accepted(...given: Parameters<typeof resolve>) {
  const resolution = resolve(...given);
  if (resolution.faults) throw new Error(JSON.stringify(resolution.faults));
  return resolution;
}
const faults = (...given: Parameters<typeof resolve>) =>
  (resolve(...given).faults ?? []).map(({ pointer, message }) => `${pointer}: ${message}`);

test("one thread unless a job asks for more, within the server's limit", () => {
  const data = table(number("a"), number("b"));
  expect(accepted(data).resolved.threads).toBe(1);
  expect(accepted(data, { threads: 4 }).resolved.threads).toBe(4);
  expect(faults(data, { threads: 5 })).toEqual([
    "/threads: this server gives a job at most 4 threads",
  ]);
});

test("a number target is learned with mse, standardized with the features", () => {
  const { resolved, parameters, warnings } = accepted(table(number("a"), number("b"), number("y")));
  expect(resolved).toMatchObject({
    dataset: {
      target: "y",
      features: ["a", "b"],
      scaling: "standardize",
      target_scaling: "standardize",
    },
    loss: "mse",
    model: { layers: [{ type: "dense", units: 1, activation: "none" }] },
    seed: 77,
  });
  expect(parameters).toBe(2 + 1);
  expect(warnings).toEqual([]);
});

test("without scaling of the features the target is not scaled, unless it is said", () => {
  const profile = table(number("a"), number("y"));
  const none = accepted(profile, { dataset: { scaling: "none" } });
  expect(none.resolved.dataset.target_scaling).toBe("none");
  const said = accepted(profile, { dataset: { scaling: "none", target_scaling: "standardize" } });
  expect(said.resolved.dataset.target_scaling).toBe("standardize");
});

test("a category feature is as many inputs as it has values", () => {
  const profile = table(category("c", many(5)), number("a"), number("y"));
  expect(accepted(profile).parameters).toBe(5 + 1 + 1);
});

const digits = table(number("a"), number("digit", [0, 1, 2]));
test("whole numbers are learned as numbers by default, with a warning", () => {
  const { resolved, warnings } = accepted(digits);
  expect(resolved.loss).toBe("mse");
  expect(warnings).toEqual([
    { code: "classes_as_numbers", message: expect.stringMatching(/"digit".*cross_entropy/) },
  ]);
});
test("said to be mse, they need no warning", () => {
  expect(accepted(digits, { loss: "mse" }).warnings).toEqual([]);
});
test("said to be cross_entropy, they are classes", () => {
  const { resolved } = accepted(digits, { loss: "cross_entropy" });
  expect(resolved.model).toMatchObject({ layers: [{ type: "dense", units: 3 }] });
  expect(resolved.dataset.target_scaling).toBe("none");
});
test("one unit per class in the last layer says it too", () => {
  const layers = [{ type: "dense" as const, units: 3 }];
  const { resolved, warnings } = accepted(digits, { model: { layers } });
  expect(resolved.loss).toBe("cross_entropy");
  expect(warnings).toEqual([]);
});
test("another number of units does not", () => {
  const layers = [{ type: "dense" as const, units: 2 }];
  expect(faults(digits, { model: { layers } })).toEqual([
    "/model/layers/0/units: the last layer has 2 units, but the target needs 1",
  ]);
});

const two = category("two", ["x", "y"]);
test.each([
  [
    "a category of one value",
    table(number("a"), category("y", ["only"])),
    {},
    ["/dataset/target: .*1 value;"],
  ],
  [
    "a category of too many values",
    table(number("a"), category("y", many(1001))),
    {},
    ["/dataset/target: .*1001"],
  ],
  [
    "a category whose values were too many to list",
    table(number("a"), category("y", [])),
    {},
    ["/dataset/target: .*10000"],
  ],
  [
    "a feature whose values were too many to list",
    table(category("id", []), two),
    {},
    ['/dataset/features: column "id"'],
  ],
  [
    "one row wider than 100,000 numbers",
    table(...many(11).map((name) => category(name, many(10_000))), two),
    {},
    ["/dataset/features: one row would be 110000 numbers"],
  ],
  ["one row", { ...table(number("a"), two), rows: 1 }, {}, ["/dataset/validation_fraction: 1 row"]],
  ["one column", table(two), {}, ["/dataset/features: no column is left"]],
  [
    "nothing to train",
    {
      rows: 9,
      shape: [1, 1, 2],
      columns: [{ name: "image", kind: "image", missing: 0 }, two],
    } as DatasetProfile,
    { model: { layers: [{ type: "flatten" as const }] } },
    ["/model/layers: .*nothing to train"],
  ],
  [
    "a model over the limit",
    table(number("a"), two),
    { model: { layers: [{ type: "dense" as const, units: 400 }, { type: "dense" as const }] } },
    ["/model: the model has 1602 parameters"],
  ],
  [
    "units missing inside",
    table(number("a"), two),
    { model: { layers: [{ type: "dense" as const }, { type: "dense" as const }] } },
    ["/model/layers/0/units: units are required"],
  ],
  [
    "a bad layer is named even when the target is not there",
    table(number("a"), two),
    {
      dataset: { target: "z", features: ["a"] },
      model: { layers: [{ type: "max_pool2d" as const, size: 2 }, { type: "dense" as const }] },
    },
    ['/dataset/target: .*"z"', "/model/layers/0: max_pool2d takes an image"],
  ],
])("refused: %s", (_title, profile, more, expected) => {
  const found = faults(profile, more);
  expect(found).toHaveLength(expected.length);
  for (const [index, pattern] of expected.entries())
    expect(found[index]).toMatch(new RegExp(pattern));
});
