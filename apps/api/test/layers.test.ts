import { ACTIVATIONS, INITIALISATIONS } from "@descent/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestApp, type TestApp, upload } from "./open-test-app.ts";
import { type Expected, refused } from "./refused.ts";
import { uploadImages } from "./upload-images.ts";

let api: TestApp;
let digits: string;
let words: string;
beforeAll(async () => {
  api = await openTestApp();
  digits = await uploadImages(api, 8, 12);
  const rows = Array.from(
    { length: 12 },
    (_, row) => `${row % 5},${row % 3},${(row % 3) - 1},${row / 4},x${row % 2}`,
  );
  words = (await upload(api, `first,second,minus,half,kind\n${rows.join("\n")}`, "words")).id;
});
afterAll(() => api.close());

type Body = { layers: unknown[]; initialisation?: unknown };
const job = (model: Body, dataset: object = { id: digits }) => ({
  dataset,
  model,
  optimizer: { rule: "sgd" },
  epochs: 1,
  seed: 1,
});
const post = (body: object, query = "") =>
  api.app.inject({
    method: "POST",
    url: `/v1/jobs${query}`,
    headers: { "content-type": "application/json" },
    payload: JSON.stringify(body),
  });
async function accepted(model: Body, dataset?: object) {
  const response = await post(job(model, dataset), "?validate_only=true");
  expect(response.statusCode, response.body).toBe(200);
  return response.json();
}
const [FLATTEN, DENSE] = [{ type: "flatten" }, { type: "dense" }];

const WRONG: [title: string, layers: unknown[], faults: Expected[]][] = [
  ["rate 1", [{ type: "dropout", rate: 1 }], [["/model/layers/0/rate", /< 1/]]],
  ["no rate", [{ type: "dropout" }], [["/model/layers/0/rate", /required/]]],
  [
    "half a kernel",
    [{ type: "conv2d", filters: 1, kernel: 1.5 }],
    [["/model/layers/0/kernel", /integer/]],
  ],
  [
    "an unknown padding",
    [{ type: "conv2d", filters: 1, kernel: 1, padding: "full" }],
    [["/model/layers/0/padding", /same\|valid/]],
  ],
  [
    "a negative padding",
    [{ type: "conv2d", filters: 1, kernel: 1, padding: -1 }],
    [["/model/layers/0/padding", />= 0/]],
  ],
  [
    "an unknown activation",
    [FLATTEN, { type: "dense", activation: "swish" }],
    [["/model/layers/1/activation", /accepted/, [...ACTIVATIONS]]],
  ],
  [
    "an unknown initialisation",
    [FLATTEN, { type: "dense", initialisation: "xavier" }],
    [["/model/layers/1/initialisation", /must match .*glorot_uniform\|.*\|orthogonal\|/]],
  ],
  [
    "a constant that is none",
    [FLATTEN, { type: "dense", initialisation: { constant: "1" } }],
    [["/model/layers/1/initialisation/constant", /must be a number/]],
  ],
  [
    "an initialisation without its constant",
    [FLATTEN, { type: "dense", initialisation: {} }],
    [["/model/layers/1/initialisation/constant", /required/]],
  ],
  ["a name with a dot", [{ ...FLATTEN, name: "a.b" }, DENSE], [["/model/layers/0/name", /match/]]],
  ["no inputs", [{ ...FLATTEN, inputs: [] }, DENSE], [["/model/layers/0/inputs", /./]]],
  [
    "the same input twice",
    [{ ...FLATTEN, name: "a" }, { type: "add", inputs: ["a", "a"] }, DENSE],
    [["/model/layers/1/inputs", /twice/]],
  ],
  [
    "ten thousand layers",
    Array.from({ length: 10_000 }, () => ({ type: "relu" })),
    [["/model/layers", /1000/]],
  ],
];
test.each(WRONG)("of the wrong shape: %s", async (_title, layers, faults) => {
  await refused(api, () => post(job({ layers })), 400, "invalid_request", faults);
});

const MISFITS: [title: string, layers: unknown[], faults: Expected[]][] = [
  [
    "a name taken",
    [
      { ...FLATTEN, name: "a" },
      { ...DENSE, name: "a" },
    ],
    [["/model/layers/1/name", /layer 0 is called "a" too/]],
  ],
  [
    "the input's name",
    [FLATTEN, { ...DENSE, name: "input" }],
    [["/model/layers/1/name", /model's own/]],
  ],
  [
    "an unknown name",
    [
      { ...FLATTEN, name: "a" },
      { ...DENSE, inputs: ["b"] },
    ],
    [["/model/layers/1/inputs/0", /no layer is called "b"/, ["input", "a"]]],
  ],
  [
    "a cycle of two",
    [
      { type: "add", name: "a", inputs: ["input", "b"] },
      { type: "relu", name: "b", inputs: ["a"] },
      FLATTEN,
      DENSE,
    ],
    [["/model/layers/0/inputs/1", /"b" is layer 1, after this one.*circle/, ["input"]]],
  ],
  [
    "a layer that takes itself",
    [{ type: "relu", name: "a", inputs: ["a"] }, FLATTEN, DENSE],
    [["/model/layers/0/inputs/0", /this layer itself/]],
  ],
  [
    "a layer that nobody takes",
    [{ ...FLATTEN, name: "a" }, { type: "relu" }, { ...DENSE, inputs: ["a"] }],
    [["/model/layers/1", /no layer takes/]],
  ],
  [
    "two inputs where one belongs",
    [{ type: "relu", name: "a" }, { ...FLATTEN, inputs: ["input", "a"] }, DENSE],
    [["/model/layers/1/inputs", /flatten takes one input, not 2/]],
  ],
  ["add of one", [FLATTEN, { type: "add" }, DENSE], [["/model/layers/1/inputs", /at least two/]]],
  [
    "add of different shapes",
    [
      { type: "conv2d", filters: 4, kernel: 3, name: "narrow" },
      { type: "conv2d", filters: 4, kernel: 1, name: "wide", inputs: ["input"] },
      { type: "add", inputs: ["narrow", "wide"] },
      FLATTEN,
      DENSE,
    ],
    [["/model/layers/2/inputs/1", /"narrow" gives \[4, 6, 6\] and "wide" gives \[4, 8, 8\]/]],
  ],
  [
    "concat of images of different sizes",
    [
      { type: "max_pool2d", size: 2, name: "small" },
      { type: "concat", inputs: ["input", "small"] },
      FLATTEN,
      DENSE,
    ],
    [
      [
        "/model/layers/1/inputs/1",
        /channels only, but input gives \[1, 8, 8\] and "small" gives \[1, 4, 4\]/,
      ],
    ],
  ],
  [
    "concat of an image and features",
    [{ ...FLATTEN, name: "flat" }, { type: "concat", inputs: ["input", "flat"] }, FLATTEN, DENSE],
    [["/model/layers/1/inputs/1", /"flat" gives \[64\]/]],
  ],
  [
    "a dilated kernel that does not fit",
    [{ type: "conv2d", filters: 2, kernel: 4, dilation: 3, padding: 0 }, FLATTEN, DENSE],
    [["/model/layers/0/kernel", /4x4 kernel, spread over 10x10.*8x8 input \[1, 8, 8\]; at most 3/]],
  ],
  [
    "a kernel that does not fit its padded input",
    [{ type: "conv2d", filters: 2, kernel: 11, padding: 1 }, FLATTEN, DENSE],
    [["/model/layers/0/kernel", /1 zeros on every side; at most 10/]],
  ],
  [
    "groups that do not divide the channels",
    [{ type: "conv2d", filters: 4, kernel: 1, groups: 2 }, FLATTEN, DENSE],
    [["/model/layers/0/groups", /2 groups do not divide the 1 channels of the input \[1, 8, 8\]/]],
  ],
  [
    "groups that do not divide the filters",
    [
      { type: "conv2d", filters: 4, kernel: 1 },
      { type: "conv2d", filters: 6, kernel: 1, groups: 4 },
      FLATTEN,
      DENSE,
    ],
    [["/model/layers/1/groups", /4 groups do not divide the 6 filters/]],
  ],
  [
    "a pooling of nothing but zeros",
    [{ type: "avg_pool2d", size: 3, padding: 2 }, FLATTEN, DENSE],
    [["/model/layers/0/padding", /at most 1/]],
  ],
  [
    "a window that does not fit",
    [{ type: "avg_pool2d", size: 9 }, FLATTEN, DENSE],
    [["/model/layers/0/size", /9x9 window does not fit the 8x8 input \[1, 8, 8\]; at most 8/]],
  ],
  [
    "a global pool of features",
    [FLATTEN, { type: "global_avg_pool2d" }, DENSE],
    [["/model/layers/1", /takes an image.*\[64\]/]],
  ],
  [
    "an embedding inside",
    [FLATTEN, { type: "embedding", vocabulary: 300, units: 2 }, FLATTEN, DENSE],
    [
      ["/dataset/features", /holds images/],
      ["/model/layers/1/inputs", /only the model's input.*\[64\]/],
    ],
  ],
  [
    "too many vectors to be orthogonal",
    [
      FLATTEN,
      { type: "dense", units: 3000 },
      { type: "dense", units: 2100, initialisation: "orthogonal" },
      DENSE,
    ],
    [["/model/layers/2/initialisation", /2100 vectors of 3000.*at most 2048/]],
  ],
  [
    "an image at the end",
    [{ type: "conv2d", filters: 2, kernel: 1 }],
    [["/model/layers/0", /gives \[2, 8, 8\], but the target needs \[2\]/]],
  ],
  [
    "padding upon padding",
    [
      ...Array.from({ length: 20 }, () => ({
        type: "conv2d",
        filters: 1,
        kernel: 1,
        padding: 1000,
      })),
      DENSE,
    ],
    [["/model/layers/4", /gives \[1, 10008, 10008\], 100160064 numbers for one row; at most/]],
  ],
  [
    "nine hundred layers, each with twice the channels of the one before",
    Array.from({ length: 300 }, (_, i) => [
      { type: "relu", name: `a${i}` },
      { type: "relu", name: `b${i}`, inputs: [`a${i}`] },
      { type: "concat", inputs: [`a${i}`, `b${i}`] },
    ]).flat(),
    [["/model/layers/62", /numbers for one row; at most/]],
  ],
  [
    "a million by a million",
    [FLATTEN, { type: "dense", units: 1_000_000 }, { type: "dense", units: 1_000_000 }, DENSE],
    [["/model", /parameters; this server takes at most/]],
  ],
];
test.each(MISFITS)("that do not fit: %s", async (_title, layers, faults) => {
  await refused(api, () => post(job({ layers })), 422, "invalid_job", faults);
});

test("every default is echoed, names and inputs as they were sent", async () => {
  const layers = [
    { type: "conv2d", filters: 4, kernel: 3, name: "stem" },
    { type: "batch_norm", activation: "silu" },
    { type: "max_pool2d", size: 2 },
    { type: "avg_pool2d", size: 3, stride: 1 },
    { type: "leaky_relu" },
    { type: "elu" },
    { type: "layer_norm" },
    { type: "dropout", rate: 0.5 },
    { type: "global_avg_pool2d", name: "left" },
    { type: "global_avg_pool2d", inputs: ["stem"], name: "right" },
    { type: "concat", inputs: ["left", "right"] },
    { type: "dense", initialisation: { constant: 0.5 } },
  ];
  const { resolved, parameters } = await accepted({ layers, initialisation: "orthogonal" });
  const weights = { activation: "none", bias: true };
  expect(resolved.model).toEqual({
    initialisation: "orthogonal",
    layers: [
      {
        ...layers[0],
        ...weights,
        stride: 1,
        padding: "valid",
        dilation: 1,
        groups: 1,
        initialisation: "orthogonal",
      },
      { type: "batch_norm", momentum: 0.1, eps: 1e-5, activation: "silu" },
      { type: "max_pool2d", size: 2, stride: 2, padding: 0 },
      { type: "avg_pool2d", size: 3, stride: 1, padding: 0 },
      { type: "leaky_relu", slope: 0.01 },
      { type: "elu", alpha: 1 },
      { type: "layer_norm", eps: 1e-5, activation: "none" },
      ...layers.slice(7, 11),
      { type: "dense", units: 2, ...weights, initialisation: { constant: 0.5 } },
    ],
  });
  expect(parameters).toBe(4 * 9 + 4 + 2 * 4 + 2 * 4 + 8 * 2 + 2);
});

test("layers with names have tensors with these names", async () => {
  const layers = [FLATTEN, { type: "dense", units: 3, name: "hidden", bias: false }, DENSE];
  const body = {
    ...job({ layers }),
    optimizer: { rule: "sgd", groups: [{ match: "*weight", lr: 0.1 }] },
  };
  const response = await post(body, "?validate_only=true");
  expect(response.json().resolved.optimizer.groups[0].tensors).toEqual([
    "hidden.weight",
    "layers.2.weight",
  ]);
});

test.each(INITIALISATIONS)("%s starts a layer or a model", async (initialisation) => {
  const { resolved } = await accepted({
    layers: [FLATTEN, { type: "dense", units: 3, initialisation }, DENSE],
    initialisation,
  });
  expect(resolved.model.layers[1].initialisation).toBe(initialisation);
  expect(resolved.model.layers[2].initialisation).toBe(initialisation);
});

const embed = (vocabulary: number, features: string[], more: object = {}) => ({
  ...job({ layers: [{ type: "embedding", vocabulary, units: 2 }, FLATTEN, DENSE] }),
  dataset: { id: words, target: "kind", features, ...more },
});
test("an embedding takes the numbers as they are", async () => {
  const response = await post(embed(5, ["first", "second"]), "?validate_only=true");
  expect(response.json()).toMatchObject({
    resolved: { dataset: { scaling: "none" } },
    parameters: 5 * 2 + 2 * 2 * 2 + 2,
  });
});
const EMBEDDINGS: [title: string, body: () => object, faults: Expected[]][] = [
  [
    "a vocabulary too small",
    () => embed(4, ["second", "first"]),
    [["/model/layers/0/vocabulary", /column "first" holds numbers up to 4.*at least 5/]],
  ],
  [
    "scaled numbers",
    () => embed(5, ["first"], { scaling: "standardize" }),
    [["/dataset/scaling", /embedding/, ["none"]]],
  ],
  [
    "negative numbers",
    () => embed(5, ["first", "minus"]),
    [["/dataset/features", /column "minus" holds -1/]],
  ],
  ["halves", () => embed(5, ["half"]), [["/dataset/features", /column "half" holds 2.75/]]],
  [
    "a column of categories",
    () => embed(5, ["kind"], { target: "first" }),
    [["/dataset/features", /column "kind" holds categories/]],
  ],
];
test.each(EMBEDDINGS)("an embedding refuses %s", async (_title, body, faults) => {
  await refused(api, () => post(body()), 422, "invalid_job", faults);
});
