import type { ResolvedJob } from "@descent/contracts";
import { expect, test } from "vitest";
import { prepareData, type Table } from "../src/index.ts";
import { readText } from "./inspect-text.ts";

const choice = (given: Partial<ResolvedJob["dataset"]>): ResolvedJob["dataset"] => ({
  id: "ds_1",
  target: "y",
  features: ["x"],
  validation_fraction: 0.25,
  split_seed: 1,
  scaling: "none",
  target_scaling: "none",
  ...given,
});
const rowsOf = (inputs: Float32Array, width: number) =>
  Array.from({ length: inputs.length / width }, (_, i) => [
    ...inputs.subarray(i * width, (i + 1) * width),
  ]);

test("numbers as they are, categories one-hot in the order of their values, features in the order asked", async () => {
  const table = await readText("x,color,y,z\n1,red,10,0\n2,blue,20,0\n3,red,30,0\n4,green,40,0\n");
  const data = prepareData(table, choice({ features: ["color", "x"] }), "mse");
  expect(data).toMatchObject({
    inputShape: [4],
    outputs: 1,
    classes: null,
    targetScale: { mean: 0, std: 1 },
    training: { rows: 3 },
    validation: { rows: 1 },
  });
  // blue, green, red, x; whichever row went where, inputs and target belong together
  const expected = new Map([
    [10, [0, 0, 1, 1]],
    [20, [1, 0, 0, 2]],
    [30, [0, 0, 1, 3]],
    [40, [0, 1, 0, 4]],
  ]);
  const seen = [data.training, data.validation].flatMap(({ inputs, targets }) =>
    rowsOf(inputs, 4).map((row, i) => [targets[i]!, row] as const),
  );
  expect(new Map(seen)).toEqual(expected);
  expect([...data.training.targets].sort()).toEqual([...data.training.targets]); // in file order
});

test("standardize measures mean and population deviation on the training part only", async () => {
  const values = [1, 2, 4, 8, 16, 32, 64, 128];
  const table = await readText(
    `x,kind,same,y\n${values.map((v, i) => `${v},${i % 2 ? "a" : "b"},0.1,${v}`).join("\n")}\n`,
  );
  const features = ["x", "kind", "same"];
  const plain = prepareData(table, choice({ features }), "mse");
  const training = [...plain.training.targets];
  expect(training).toHaveLength(6);
  const mean = training.reduce((sum, v) => sum + v, 0) / 6;
  const std = Math.sqrt(training.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 6);

  const scaled = prepareData(
    table,
    choice({ features, scaling: "standardize", target_scaling: "standardize" }),
    "mse",
  );
  expect(scaled.targetScale.mean).toBeCloseTo(mean, 12);
  expect(scaled.targetScale.std).toBeCloseTo(std, 12);
  for (const name of ["training", "validation"] as const) {
    const raw = plain[name].targets;
    const z = Array.from(raw, (v) => (v - mean) / std);
    for (const [i, row] of rowsOf(scaled[name].inputs, 4).entries()) {
      expect(row[0]).toBeCloseTo(z[i]!, 6);
      expect(row.slice(1, 3).sort()).toEqual([0, 1]); // one-hot stays 0 and 1
      expect(row[3]).toBe(0); // a constant column becomes exactly 0
      expect(scaled[name].targets[i]).toBeCloseTo(z[i]!, 6);
    }
  }
});

test("standardizing survives the largest and the smallest doubles", async () => {
  for (const size of ["1e308", "1e-200", "1e-310"]) {
    // stratified: each part has one low and one high, so mean 0 and deviation `size`
    const lines = [`-${size},low`, `${size},high`, `-${size},low`, `${size},high`];
    const table = await readText(`x,y\n${lines.join("\n")}\n`);
    const job = choice({ scaling: "standardize", validation_fraction: 0.5 });
    const { training } = prepareData(table, job, "cross_entropy");
    expect([...training.inputs].sort((a, b) => a - b)).toEqual([-1, 1]);
  }
});

test("unit divides by 255", async () => {
  const table = await readText("x,y\n255,1\n255,1\n255,1\n255,1\n");
  expect([...prepareData(table, choice({ scaling: "unit" }), "mse").training.inputs]).toEqual([
    1, 1, 1,
  ]);
});

test("class targets: categories, and number columns of few whole values", async () => {
  const lines = Array.from(
    { length: 8 },
    (_, i) => `${i},${i % 2 ? "no" : "yes"},${i % 2 ? -1 : 5}`,
  );
  const table = await readText(`x,y,n\n${lines.join("\n")}\n`);
  const byText = prepareData(table, choice({}), "cross_entropy");
  expect(byText).toMatchObject({ outputs: 2, classes: ["no", "yes"] });
  const byNumber = prepareData(table, choice({ target: "n" }), "cross_entropy");
  expect(byNumber).toMatchObject({ outputs: 2, classes: [-1, 5] });
  for (const { training, validation } of [byText, byNumber])
    for (const { inputs, targets } of [training, validation]) {
      expect(targets).toBeInstanceOf(Int32Array);
      expect([...targets]).toEqual([...inputs].map((x) => (x % 2 ? 0 : 1)));
    }
  expect(byText.training.rows).toBe(6);
});

const classCounts = (targets: Int32Array | Float32Array, classes: number) =>
  Array.from({ length: classes }, (_, each) => targets.filter((target) => target === each).length);

test.each([
  // class sizes, fraction, rows to validation of each class by largest remainders
  [[50, 50, 50], 0.2, [10, 10, 10]],
  [[60, 30, 10], 0.25, [15, 8, 2]], // quotas 15, 7.5, 2.5: the earlier class on a tie
  [[7, 2, 1], 0.3, [2, 1, 0]], // quotas 2.1, 0.6, 0.3
  [[10, 10], 0.01, [1, 0]], // at least one row
  [[2, 2], 0.9, [2, 1]], // round(3.6) = 4 would leave none to train on
  [[1, 3], 0.5, [0, 2]], // quotas 0.5, 1.5: the only row of a class stays in training
  [[1, 1, 1], 0.5, [1, 1, 0]], // unless there are no others: round(1.5) = 2
])("the split of classes %j with fraction %d takes %j", async (sizes, fraction, expected) => {
  const lines = sizes.flatMap((size, each) => Array.from({ length: size }, () => `1,c${each}`));
  const table = await readText(`x,y\n${lines.join("\n")}\n`);
  for (const split_seed of [0, 1, 2 ** 32 - 1]) {
    const data = prepareData(
      table,
      choice({ validation_fraction: fraction, split_seed }),
      "cross_entropy",
    );
    const validation = classCounts(data.validation.targets, sizes.length);
    const training = classCounts(data.training.targets, sizes.length);
    expect(validation).toEqual(expected);
    expect(training).toEqual(sizes.map((size, each) => size - expected[each]!));
  }
});

test("the split depends on its seed, and on nothing else", async () => {
  const table = await readText(
    `x,y\n${Array.from({ length: 100 }, (_, i) => `${i},0.5`).join("\n")}\n`,
  );
  const validation = (split_seed: number) =>
    prepareData(table, choice({ split_seed }), "mse").validation.inputs.join();
  expect(validation(1)).toBe(validation(1));
  expect(validation(1)).not.toBe(validation(2));
});

test("images become numbers [rows x channels x height x width]; standardize is per channel", () => {
  // 2 channels of 1x2 pixels; the channels' values never mix
  const pixels = new Uint8Array([0, 2, 100, 100, 0, 2, 100, 100, 0, 2, 100, 100, 0, 2, 100, 100]);
  const table: Table = {
    profile: {
      rows: 4,
      shape: [2, 1, 2],
      columns: [
        { name: "image", kind: "image", missing: 0 },
        {
          name: "label",
          kind: "category",
          values: ["3", "8"],
          missing: 0,
          first_missing_row: null,
        },
      ],
    },
    columns: [
      { kind: "image", pixels },
      { kind: "category", codes: new Uint32Array([0, 1, 1, 0]) },
    ],
  };
  const job = choice({ target: "label", features: ["image"], validation_fraction: 0.5 });
  const prepared = (scaling: "none" | "unit" | "standardize") =>
    prepareData(table, { ...job, scaling }, "cross_entropy");
  expect(prepared("none")).toMatchObject({
    inputShape: [2, 1, 2],
    outputs: 2,
    classes: ["3", "8"],
  });
  expect(rowsOf(prepared("none").training.inputs, 4)).toEqual([
    [0, 2, 100, 100],
    [0, 2, 100, 100],
  ]);
  expect(rowsOf(prepared("unit").validation.inputs, 4)[1]).toEqual(
    [0, 2, 100, 100].map((value) => Math.fround(value / 255)),
  );
  expect(rowsOf(prepared("standardize").validation.inputs, 4)[0]).toEqual([-1, 1, 0, 0]);
  expect(() => prepareData(table, { ...job, features: ["label"] }, "cross_entropy")).toThrow();
  expect(() => prepareData(table, { ...job, features: ["image", "label"] }, "mse")).toThrow();
});

test("two classes by one logit: positions 0 and 1, and one output", async () => {
  const table = await readText("x,y\n1,no\n2,yes\n3,no\n4,yes\n5,yes\n6,no\n");
  const data = prepareData(table, choice({}), "binary_cross_entropy");
  expect(data).toMatchObject({ outputs: 1, classes: ["no", "yes"] });
  const targets = [...data.training.targets, ...data.validation.targets].sort();
  expect(targets).toEqual([0, 0, 0, 1, 1, 1]);
  const three = await readText("x,y\n1,a\n2,b\n3,c\n4,a\n");
  expect(() => prepareData(three, choice({}), "binary_cross_entropy")).toThrow(
    /'y'.*binary_cross_entropy.*3 classes, not 2/,
  );
  for (const loss of ["mae", { type: "huber", delta: 1 }] as const) {
    expect(() => prepareData(table, choice({}), loss)).toThrow(/(mae|huber) needs a number/);
    const numbers = prepareData(table, choice({ target: "x", features: ["y"] }), loss);
    expect(numbers).toMatchObject({ outputs: 1, classes: null });
  }
});

test("what the API refuses is refused here too, by name", async () => {
  const ids = Array.from({ length: 10_001 }, (_, i) => `id${i}`);
  const table = await readText(
    `x,y,color,gap,id,half\n${ids.map((id, i) => `${i},${i % 2},c${i % 3},${i === 4 ? "" : i % 5},${id},${i / 2}`).join("\n")}\n`,
  );
  const prepare = (given: Partial<ResolvedJob["dataset"]>, loss: "mse" | "cross_entropy") => () =>
    prepareData(table, choice(given), loss);
  expect(prepare({ features: ["gap"] }, "mse")).toThrow("row 5 has no value in column 'gap'");
  expect(prepare({ target: "gap" }, "mse")).toThrow("row 5 has no value in column 'gap'");
  expect(prepare({ target: "gap" }, "cross_entropy")).toThrow("row 5 has no value in column 'gap'");
  expect(prepare({ target: "color" }, "mse")).toThrow(/'color'/);
  expect(prepare({ target: "half" }, "cross_entropy")).toThrow(/'half'/);
  expect(prepare({ target: "id" }, "cross_entropy")).toThrow(/'id'/);
  expect(prepare({ features: ["id"] }, "mse")).toThrow(/'id'/);
  expect(prepare({ features: ["none"] }, "mse")).toThrow(/'none'/);
  expect(prepare({ features: ["x", "y"] }, "mse")).toThrow(/'y'.*both/);
  const single = await readText("x,y\n1,2\n");
  expect(() => prepareData(single, choice({}), "mse")).toThrow(/1 rows/);
});
