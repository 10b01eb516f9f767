import { afterAll, beforeAll, expect, test } from "vitest";
import { countRows, flowersJob, openTestApp, type TestApp, upload } from "./open-test-app.ts";
import { type Expected, refused } from "./refused.ts";

// Losses, metrics and penalties, as a job sends them: what is accepted, what runs then, what is refused.

let api: TestApp;
/** Their ids: three species; two sorts; a number, and one of few whole values; eight classes. */
const ids = { flowers: "", sorts: "", numbers: "", letters: "" };
beforeAll(async () => {
  api = await openTestApp();
  ids.flowers = (await upload(api)).id;
  const rows = (row: (i: number) => string) => Array.from({ length: 24 }, (_, i) => row(i));
  const csv = (header: string, row: (i: number) => string) => [header, ...rows(row)].join("\n");
  const sorts = csv("x,sort", (i) => `${i},${i % 3 === 0 ? "yes" : "no"}`);
  ids.sorts = (await upload(api, sorts, "sorts")).id;
  const numbers = csv("x,y,few", (i) => `${i},${i * 0.37},${i % 2}`);
  ids.numbers = (await upload(api, numbers, "numbers")).id;
  const letters = csv("x,letter", (i) => `${i},${"abcdefgh"[i % 8]}`);
  ids.letters = (await upload(api, letters, "letters")).id;
});
afterAll(() => api.close());

type Place = keyof typeof ids;
const job = (place: Place, more: object = {}) => {
  const dataset = place === "flowers" ? flowersJob(ids.flowers).dataset : { id: ids[place] };
  return { ...flowersJob(ids.flowers), dataset, ...more };
};
const onTarget = (target: string, more: object) => ({
  ...job("numbers", more),
  dataset: { id: ids.numbers, target, features: ["x"] },
});
const post = (body: object, query = "") =>
  api.app.inject({
    method: "POST",
    url: `/v1/jobs${query}`,
    headers: { "content-type": "application/json" },
    payload: JSON.stringify(body),
  });

async function resolved(body: object) {
  const response = await post(body, "?validate_only=true");
  expect(response.statusCode, response.body).toBe(200);
  return response.json().resolved;
}

const LOSSES: [body: () => object, loss: unknown, units: number][] = [
  [() => job("flowers"), "cross_entropy", 3],
  [() => job("flowers", { loss: "cross_entropy" }), "cross_entropy", 3],
  [() => job("flowers", { loss: { type: "cross_entropy" } }), "cross_entropy", 3],
  // Options that say what the name alone says.
  [
    () => job("flowers", { loss: { type: "cross_entropy", label_smoothing: 0 } }),
    "cross_entropy",
    3,
  ],
  [
    () => job("flowers", { loss: { type: "cross_entropy", label_smoothing: 0.1 } }),
    { type: "cross_entropy", label_smoothing: 0.1, class_weights: null },
    3,
  ],
  [
    () => job("flowers", { loss: { type: "cross_entropy", class_weights: [1, 2, 0.5] } }),
    { type: "cross_entropy", label_smoothing: 0, class_weights: [1, 2, 0.5] },
    3,
  ],
  [() => job("sorts"), "cross_entropy", 2],
  [() => job("sorts", { loss: "binary_cross_entropy" }), "binary_cross_entropy", 1],
  [() => job("sorts", { loss: { type: "binary_cross_entropy" } }), "binary_cross_entropy", 1],
  [() => onTarget("few", { loss: "binary_cross_entropy" }), "binary_cross_entropy", 1],
  [() => onTarget("y", {}), "mse", 1],
  [() => onTarget("y", { loss: { type: "mse" } }), "mse", 1],
  [() => onTarget("y", { loss: "mae" }), "mae", 1],
  [() => onTarget("few", { loss: "mae" }), "mae", 1],
  [() => onTarget("y", { loss: "huber" }), { type: "huber", delta: 1 }, 1],
  [() => onTarget("y", { loss: { type: "huber", delta: 2.5 } }), { type: "huber", delta: 2.5 }, 1],
];
test.each(LOSSES)("a loss is echoed with every value: %#", async (body, loss, units) => {
  const answer = await resolved(body());
  expect(answer.loss).toEqual(loss);
  expect(answer.model.layers.at(-1)).toMatchObject({ type: "dense", units });
  const overNumbers = ["mse", "mae", "huber"].includes(answer.loss.type ?? answer.loss);
  expect(answer.dataset.target_scaling).toBe(overNumbers ? "standardize" : "none");
});

const stopAt = (metric: string) => ({ stop: { target: { metric, value: 0.5 } } });
const METRICS: [place: () => object, has: string[]][] = [
  [() => job("flowers"), ["train_accuracy", "val_accuracy", "val_macro_f1"]],
  [
    () => job("sorts", { loss: "binary_cross_entropy" }),
    ["train_accuracy", "val_accuracy", "val_macro_f1", "val_auc"],
  ],
  [() => job("letters"), ["train_accuracy", "val_accuracy", "val_macro_f1", "val_top_5_accuracy"]],
  [() => onTarget("y", { loss: "huber" }), ["val_rmse", "val_mae", "val_r2"]],
];
const ALL = [...new Set(METRICS.flatMap(([, has]) => has))];
test.each(METRICS)("a job stops at a metric that its target has: %#", async (body, has) => {
  for (const metric of ["train_loss", "val_loss", ...has])
    expect((await resolved({ ...body(), ...stopAt(metric) })).stop.target.metric).toBe(metric);
  for (const metric of ALL.filter((each) => !has.includes(each)))
    await refused(api, () => post({ ...body(), ...stopAt(metric) }), 422, "invalid_job", [
      ["/stop/target/metric", new RegExp(metric), expect.arrayContaining(["val_loss", ...has])],
    ]);
});

test("a plateau watches a new metric too", async () => {
  const schedule = { type: "plateau", metric: "val_auc" };
  const optimizer = { rule: "sgd", lr: 0.1, schedule };
  expect((await resolved(job("sorts", { optimizer }))).optimizer.schedule.metric).toBe("val_auc");
  await refused(api, () => post(job("flowers", { optimizer })), 422, "invalid_job", [
    ["/optimizer/schedule/metric", /val_auc/],
  ]);
});

test("penalties are echoed with their tensors, each tensor with the first that matches", async () => {
  const penalty = [
    { match: "layers.1.*", l1: 0.5 },
    { match: "*.weight", l2: 1e-4 },
  ];
  expect((await resolved(job("flowers", { penalty }))).penalty).toEqual([
    { match: "layers.1.*", tensors: ["layers.1.weight", "layers.1.bias"], l1: 0.5, l2: 0 },
    { match: "*.weight", tensors: ["layers.0.weight"], l1: 0, l2: 1e-4 },
  ]);
  expect((await resolved(job("flowers"))).penalty).toEqual([]);
});

const NAMES = ["cross_entropy", "binary_cross_entropy", "mse", "mae", "huber"];
const weights = (class_weights: unknown) =>
  job("flowers", { loss: { type: "cross_entropy", class_weights } });
const smoothing = (label_smoothing: unknown) =>
  job("flowers", { loss: { type: "cross_entropy", label_smoothing } });
const penalty = (...list: object[]) => job("flowers", { penalty: list });

const SHAPES: [title: string, body: () => object, faults: Expected[]][] = [
  ["an unknown loss", () => job("flowers", { loss: "hinge" }), [["/loss", /accepted/, NAMES]]],
  [
    "an unknown type",
    () => job("flowers", { loss: { type: "hinge" } }),
    [["/loss/type", /not a known type/, NAMES]],
  ],
  [
    "no type",
    () => job("flowers", { loss: { delta: 1 } }),
    [["/loss/type", /not a known type/, NAMES]],
  ],
  ["a number", () => job("flowers", { loss: 3 }), [["/loss", /a string or an object/]]],
  ["null", () => job("flowers", { loss: null }), [["/loss", /a string or an object/]]],
  ["a list", () => job("flowers", { loss: ["mse"] }), [["/loss", /a string or an object/]]],
  [
    "an option of another loss",
    () => job("flowers", { loss: { type: "mse", delta: 1 } }),
    [["/loss/delta", /not a field/, ["type"]]],
  ],
  ["too much smoothing", () => smoothing(1.5), [["/loss/label_smoothing", /<= 1/]]],
  ["negative smoothing", () => smoothing(-0.1), [["/loss/label_smoothing", />= 0/]]],
  ["a weight of 0", () => weights([1, 0, 1]), [["/loss/class_weights/1", />= 0.000001/]]],
  ["weights by name", () => weights({ a: 1 }), [["/loss/class_weights", /must be an array/]]],
  [
    "a delta of 0",
    () => onTarget("y", { loss: { type: "huber", delta: 0 } }),
    [["/loss/delta", />= 1e-30/]],
  ],
  ["a penalty without a pattern", () => penalty({ l2: 1 }), [["/penalty/0/match", /required/]]],
  ["a negative penalty", () => penalty({ match: "*", l1: -1 }), [["/penalty/0/l1", />= 0/]]],
  [
    "an unknown field of a penalty",
    () => penalty({ match: "*", l3: 1 }),
    [["/penalty/0/l3", /not a field/, ["match", "l1", "l2"]]],
  ],
  ["no penalty at all", () => penalty(), [["/penalty", /fewer than 1/]]],
];
test.each(SHAPES)("refused by its shape: %s", async (_title, body, faults) => {
  await refused(api, () => post(body()), 400, "invalid_request", faults);
});

const MEANINGS: [title: string, body: () => object, faults: Expected[]][] = [
  [
    "a loss over numbers of categories",
    () => job("flowers", { loss: "huber" }),
    [["/loss", /huber.*categories/, ["cross_entropy"]]],
  ],
  [
    "the same with options",
    () => job("flowers", { loss: { type: "huber", delta: 2 } }),
    [["/loss/type", /huber.*categories/, ["cross_entropy"]]],
  ],
  [
    "two classes wanted, three there",
    () => job("flowers", { loss: "binary_cross_entropy" }),
    [["/loss", /3 classes, not 2/, ["cross_entropy"]]],
  ],
  [
    "classes of numbers that are none",
    () => onTarget("y", { loss: "binary_cross_entropy" }),
    [["/loss", /no classes/, ["mse", "mae", "huber"]]],
  ],
  [
    "one weight too few",
    () => weights([1, 2]),
    [["/loss/class_weights", /2 weights.*3 classes.*species/]],
  ],
  [
    "two units for one logit",
    () =>
      job("sorts", {
        loss: "binary_cross_entropy",
        model: { layers: [{ type: "dense", units: 2 }] },
      }),
    [["/model/layers/0/units", /needs 1/, [1]]],
  ],
  [
    "a scale of classes",
    () => ({
      ...job("sorts", { loss: "binary_cross_entropy" }),
      dataset: { id: ids.sorts, target_scaling: "standardize" },
    }),
    [["/dataset/target_scaling", /classes/, ["none"]]],
  ],
  ["a penalty of nothing", () => penalty({ match: "*" }), [["/penalty/0", /l1 or l2/]]],
  [
    "a penalty of no tensor",
    () => penalty({ match: "layer.*", l2: 1 }),
    [["/penalty/0/match", /no parameter tensor/, expect.arrayContaining(["layers.0.weight"])]],
  ],
  [
    "a penalty of tensors that have one",
    () => penalty({ match: "*.weight", l2: 1 }, { match: "layers.0.weight", l1: 1 }),
    [["/penalty/1/match", /earlier/, ["layers.0.bias", "layers.1.bias"]]],
  ],
];
test.each(MEANINGS)("refused by its meaning: %s", async (_title, body, faults) => {
  await refused(api, () => post(body()), 422, "invalid_job", faults);
});

test("a softmax or sigmoid before a loss that takes logits is warned of", async () => {
  const warnings = async (body: object): Promise<string[]> => {
    const response = await post(body, "?validate_only=true");
    expect(response.statusCode, response.body).toBe(200);
    return response.json().warnings.map(({ code }: { code: string }) => code);
  };
  const ending = (...layers: object[]) => ({ model: { layers } });
  const softmax = ending({ type: "dense", activation: "softmax" });
  expect(await warnings(job("flowers", softmax))).toEqual(["activation_before_loss"]);
  const layer = ending({ type: "dense", units: 3 }, { type: "softmax" });
  expect(await warnings(job("flowers", layer))).toEqual(["activation_before_loss"]);
  const sigmoid = ending({ type: "dense", activation: "sigmoid" });
  const binary = { ...sigmoid, loss: "binary_cross_entropy" };
  expect(await warnings(job("sorts", binary))).toEqual(["activation_before_loss"]);
  expect(await warnings(job("flowers", ending({ type: "dense" })))).toEqual([]);
  expect(await warnings(onTarget("y", { ...sigmoid, loss: "mse" }))).toEqual([]);
});

test("losses and penalties can be compared by", async () => {
  const tags = { study: "losses" };
  const losses = ["cross_entropy", { type: "cross_entropy", label_smoothing: 0.1 }];
  for (const loss of losses)
    expect((await post(job("flowers", { loss, tags }))).statusCode).toBe(202);
  const l2 = [{ match: "*.weight", l2: 0.01 }];
  expect((await post(job("flowers", { penalty: l2, tags }))).statusCode).toBe(202);
  const compare = async (field: string) => {
    const response = await api.app.inject({
      method: "POST",
      url: "/v1/comparisons",
      payload: { filter: { tags }, metric: "val_macro_f1", group_by: [field] },
    });
    expect(response.statusCode, response.body).toBe(200);
    return response.json();
  };
  const byLoss = await compare("loss");
  expect(byLoss.direction).toBe("maximize");
  const keys: string[] = byLoss.groups.map(({ key }: { key: { loss: string } }) => key.loss);
  expect(keys).toHaveLength(2);
  expect(keys).toContain("cross_entropy");
  const smoothed = keys.find((key) => key !== "cross_entropy")!;
  expect(JSON.parse(smoothed)).toEqual({ ...Object(losses[1]), class_weights: null });
  const codes = byLoss.warnings.map(({ code }: { code: string }) => code);
  expect(codes).toContain("different_models");
  expect((await compare("penalty")).groups).toHaveLength(2);
});

test("a job with all of it is kept as it was sent", async () => {
  const before = await countRows(api);
  const loss = { type: "cross_entropy", class_weights: [1, 2, 3] };
  const sent = job("flowers", { loss, penalty: [{ match: "*", l1: 0.1, l2: 0.2 }] });
  const response = await post(sent);
  expect(response.statusCode, response.body).toBe(202);
  expect(response.json().spec).toMatchObject({ loss, penalty: sent.penalty });
  expect((await countRows(api)).jobs).toBe(before.jobs! + 1);
});
