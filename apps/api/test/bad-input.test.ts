import type { Problem } from "@descent/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  countRows,
  expectProblem,
  flowersJob,
  openTestApp,
  type TestApp,
  upload,
} from "./open-test-app.ts";
import { type Expected, refused } from "./refused.ts";

let api: TestApp;
let flowers: string;
let numbers: string;
beforeAll(async () => {
  api = await openTestApp();
  flowers = (await upload(api)).id;
  numbers = (await upload(api, "x,y\n1,0.5\n2,1.25\n3,9.75\n4,0.25", "numbers")).id;
});
afterAll(() => api.close());

const post = (url: string, body: string | object, headers: Record<string, string> = {}) =>
  api.app.inject({
    method: "POST",
    url,
    headers: { "content-type": "application/json", ...headers },
    payload: typeof body === "string" ? body : JSON.stringify(body),
  });

const job = (more: object = {}) => ({ ...flowersJob(flowers), ...more });
const layers = (...list: object[]) => job({ model: { layers: list } });
const onDataset = (more: object) =>
  job({ dataset: { id: flowers, features: ["length"], ...more } });

const SHAPES: [title: string, body: () => unknown, faults: Expected[]][] = [
  [
    "unknown field",
    () => job({ epoch: 3 }),
    [["/epoch", /not a field/, expect.arrayContaining(["epochs", "model"])]],
  ],
  [
    "unknown field inside",
    () => onDataset({ "a/b~": 1 }),
    [["/dataset/a~1b~0", /not a field/, expect.arrayContaining(["target"])]],
  ],
  [
    "unknown field of a layer",
    () => layers({ type: "dense", filters: 3 }),
    [
      [
        "/model/layers/0/filters",
        /not a field/,
        expect.arrayContaining(["type", "units", "activation"]),
      ],
    ],
  ],
  [
    "unknown layer type",
    () => layers({ type: "dense2" }),
    [
      [
        "/model/layers/0/type",
        /not a known type/,
        expect.arrayContaining(["dense", "conv2d", "flatten"]),
      ],
    ],
  ],
  ["layer without a type", () => layers({ units: 2 }), [["/model/layers/0/type", /./]]],
  ["wrong type", () => job({ epochs: "3" }), [["/epochs", /must be an integer/]]],
  ["a text as seed", () => job({ seed: true }), [["/seed", /must be an integer/]]],
  ["negative epochs", () => job({ epochs: -1 }), [["/epochs", /must be >= 1/]]],
  ["too many epochs", () => job({ epochs: 1e9 }), [["/epochs", /must be <= 100000/]]],
  ["half an epoch", () => job({ epochs: 1.5 }), [["/epochs", /must be an integer/]]],
  [
    "a misspelt field of the optimizer",
    () => job({ optimizer: { rule: "sgd", shedule: { type: "cosine" } } }),
    [["/optimizer/shedule", /a hyper of the rule; the other fields here are .*schedule, clip/]],
  ],
  [
    "a group's misspelt field",
    () => job({ optimizer: { rule: "sgd", groups: [{ match: "*", matches: "*" }] } }),
    [["/optimizer/groups/0/matches", /the other fields here are match/]],
  ],
  [
    "a text as lr",
    () => job({ optimizer: { rule: "sgd", lr: "0.1" } }),
    [["/optimizer/lr", /must be a number or a boolean/]],
  ],
  [
    "an unknown activation",
    () => layers({ type: "dense", activation: "swish" }),
    [
      [
        "/model/layers/0/activation",
        /accepted/,
        expect.arrayContaining(["none", "relu", "tanh", "sigmoid"]),
      ],
    ],
  ],
  [
    "the same feature twice",
    () => onDataset({ features: ["length", "length"] }),
    [["/dataset/features", /twice/]],
  ],
  ["a NUL in a text", () => job({ name: "a\u0000b" }), [["/name", /NUL/]]],
  ["a tag with a space", () => job({ tags: { "a b": "c" } }), [["/tags/a b", /./]]],
  ["not an object", () => [], [["", /must be an object/]]],
  ["null", () => null, [["", /body is required/]]],
  [
    "many at once",
    () => ({ ...job({ epochs: 0, extra: 1 }), optimizer: {} }),
    [
      ["/extra", /not a field/],
      ["/optimizer/rule", /required/],
      ["/epochs", />= 1/],
    ],
  ],
];
test.each(SHAPES)("a job of the wrong shape: %s", async (_title, body, faults) => {
  await refused(
    api,
    () => post("/v1/jobs", JSON.stringify(body())),
    400,
    "invalid_request",
    faults,
  );
});

test("lr of 1e400, which JSON.parse reads as Infinity", async () => {
  const body = JSON.stringify(job()).replace('"lr":0.1', '"lr":1e400');
  await refused(api, () => post("/v1/jobs", body), 400, "invalid_request", [
    ["/optimizer/lr", /must be a finite number/],
  ]);
});

const MEANINGS: [title: string, body: () => object, faults: Expected[]][] = [
  [
    "unknown optimizer",
    () => job({ optimizer: { rule: "adamm" } }),
    [["/optimizer/rule", /adamm/, expect.arrayContaining(["sgd", "adam"])]],
  ],
  [
    "unknown convention",
    () => job({ optimizer: { rule: "adam", convention: "tensorflow" } }),
    [["/optimizer/convention", /tensorflow/, expect.arrayContaining(["paper", "torch"])]],
  ],
  [
    "unknown hyper",
    () => job({ optimizer: { rule: "sgd", beta3: 1 } }),
    [["/optimizer/beta3", /beta3/, expect.arrayContaining(["lr"])]],
  ],
  [
    "hyper out of range",
    () => job({ optimizer: { rule: "adam", beta1: 1 } }),
    [["/optimizer/beta1", /\[0, 1\)/]],
  ],
  [
    "hyper of the wrong kind",
    () => job({ optimizer: { rule: "sgd", lr: true } }),
    [["/optimizer/lr", /number/]],
  ],
  [
    "target not in the data",
    () => onDataset({ target: "kind" }),
    [["/dataset/target", /kind/, ["length", "width", "colour", "species"]]],
  ],
  [
    "feature not in the data",
    () => onDataset({ features: ["length", "height"] }),
    [["/dataset/features/1", /height/, ["length", "width", "colour", "species"]]],
  ],
  [
    "the target as a feature",
    () => onDataset({ features: ["species"] }),
    [["/dataset/features/0", /target/]],
  ],
  [
    "a used column with missing values",
    () => onDataset({ features: ["colour"] }),
    [["/dataset/features/0", /colour.*1 missing value, the first in row 8/]],
  ],
  [
    "all other columns by default, one with missing values",
    () => job({ dataset: { id: flowers } }),
    [["/dataset/features", /colour/]],
  ],
  [
    "a data set of another kind than the loss",
    () => job({ loss: "mse" }),
    [["/loss", /categories/, ["cross_entropy"]]],
  ],
  [
    "classes of numbers that are none",
    () => ({ ...job({ loss: "cross_entropy" }), dataset: { id: numbers } }),
    [["/loss", /no classes/, ["mse", "mae", "huber"]]],
  ],
  [
    "unit for a table",
    () => onDataset({ scaling: "unit" }),
    [["/dataset/scaling", /tables/, ["standardize", "none"]]],
  ],
  [
    "target_scaling of classes",
    () => onDataset({ target_scaling: "standardize" }),
    [["/dataset/target_scaling", /classes/, ["none"]]],
  ],
  [
    "a metric the task does not have",
    () => job({ stop: { target: { metric: "val_rmse", value: 1 } } }),
    [["/stop/target/metric", /val_rmse/, expect.arrayContaining(["val_accuracy"])]],
  ],
  [
    "a last layer that does not fit",
    () => layers({ type: "dense", units: 4 }),
    [["/model/layers/0/units", /needs 3/, [3]]],
  ],
  [
    "a layer stack for images",
    () => layers({ type: "conv2d", filters: 2, kernel: 3 }, { type: "dense" }),
    [["/model/layers/0", /image/]],
  ],
  [
    "a model over the limit",
    () => layers({ type: "dense", units: 1_000_000 }, { type: "dense" }),
    [["/model", /at most 1000000/]],
  ],
  ["no such data set", () => job({ dataset: { id: "ds_none" } }), [["/dataset/id", /ds_none/]]],
  [
    "many at once",
    () => ({
      ...onDataset({ target: "kind", features: ["height"] }),
      optimizer: { rule: "sgd", lr: -1, x: 2 },
    }),
    [
      ["/dataset/target", /kind/],
      ["/dataset/features/0", /height/],
      ["/optimizer/lr", /must be in/],
      ["/optimizer/x", /no hyper/],
    ],
  ],
];
test.each(MEANINGS)("a job that cannot run: %s", async (_title, body, faults) => {
  await refused(api, () => post("/v1/jobs", body()), 422, "invalid_job", faults);
  await refused(api, () => post("/v1/jobs?validate_only=true", body()), 422, "invalid_job", faults);
});

const BODIES: [
  title: string,
  body: string,
  headers: Record<string, string>,
  status: number,
  code: Problem["code"],
  detail: RegExp,
][] = [
  ["broken JSON", '{"epochs": 3,, }', {}, 400, "malformed_json", /position 13|line 1/],
  ["half a JSON", '{"epochs": ', {}, 400, "malformed_json", /end of JSON/],
  ["NaN", '{"epochs": NaN}', {}, 400, "malformed_json", /N/],
  ["__proto__", '{"__proto__": {"a": 1}}', {}, 400, "malformed_json", /__proto__/],
  ["half a surrogate pair", '{"name": "\\ud800"}', {}, 400, "malformed_json", /other half/],
  ["no body", "", {}, 400, "invalid_request", /body is required/],
  [
    "200,000 arrays in each other",
    "[".repeat(200_000) + "]".repeat(200_000),
    {},
    400,
    "invalid_request",
    /object/,
  ],
  [
    "a form",
    "epochs=3",
    { "content-type": "application/x-www-form-urlencoded" },
    415,
    "unsupported_media_type",
    /application\/json/,
  ],
  [
    "text",
    "{}",
    { "content-type": "text/plain" },
    415,
    "unsupported_media_type",
    /application\/json/,
  ],
  [
    "not a content type",
    "{}",
    { "content-type": "json" },
    415,
    "unsupported_media_type",
    /application\/json/,
  ],
  ["gzip", "{}", { "content-encoding": "gzip" }, 415, "unsupported_media_type", /gzip/],
  [
    "latin-1",
    "{}",
    { "content-type": "application/json; charset=latin1" },
    415,
    "unsupported_media_type",
    /json/,
  ],
  ["10 MB", JSON.stringify({ name: "x".repeat(10_000_000) }), {}, 413, "body_too_large", /1 MiB/],
];
test.each(BODIES)(
  "a body that is refused: %s",
  async (_title, body, headers, status, code, detail) => {
    const before = await countRows(api);
    const problem = expectProblem(await post("/v1/jobs", body, headers), status, code);
    expect(problem.detail).toMatch(detail);
    expect(problem.detail.length).toBeLessThan(300);
    expect(await countRows(api)).toEqual(before);
  },
);

test.each([0, "0"])("eighty thousand hypers of %j are refused, and quickly", async (value) => {
  const hypers = Array.from({ length: 80_000 }, (_, i) => [`h${i}`, value]);
  const groups = Array.from({ length: 100 }, () => ({ match: "*.bias" }));
  const body = job({ optimizer: { rule: "sgd", ...Object.fromEntries(hypers), groups } });
  const begun = performance.now();
  const problem = expectProblem(await post("/v1/jobs", body), 400, "invalid_request");
  expect(performance.now() - begun).toBeLessThan(5000);
  expect(problem.errors).toContainEqual(
    expect.objectContaining({ pointer: "/optimizer", message: expect.stringMatching(/64/) }),
  );
});

test.each([
  [{ filter: {}, metric: "accuracy" }, "/metric"],
  [{ filter: {}, metric: "val_loss", group_by: ["optimizer.rule; DROP"] }, "/group_by/0"],
  [{ filter: { tag: {} }, metric: "val_loss" }, "/filter/tag"],
  [{ metric: "val_loss" }, "/filter"],
])("a comparison of the wrong shape: %j", async (body, pointer) => {
  await refused(api, () => post("/v1/comparisons", body), 400, "invalid_request", [[pointer, /./]]);
});
