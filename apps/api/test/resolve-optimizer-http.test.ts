import type { Job } from "@descent/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { flowersJob, openTestApp, type TestApp, upload } from "./open-test-app.ts";
import { type Expected, refused } from "./refused.ts";

let api: TestApp;
let flowers: string;
beforeAll(async () => {
  api = await openTestApp();
  flowers = (await upload(api)).id;
});
afterAll(() => api.close());

const post = (optimizer: object, id = flowers) =>
  api.app.inject({
    method: "POST",
    url: "/v1/jobs",
    payload: { ...flowersJob(id), optimizer: { rule: "sgd", ...optimizer } },
  });

test("what stands around the rule is recorded as sent, and resolved", async () => {
  const sent = {
    rule: "sgd",
    lr: 0.1,
    schedule: { type: "cosine", per: "epoch", warmup: { steps: 1 } },
    clip: { global_norm: 1 },
    accumulate: 2,
    ema: {},
    groups: [{ match: "*.bias", lr: 0.2 }],
  };
  const answer = await post(sent);
  expect(answer.statusCode, answer.body).toBe(202);
  const { spec, resolved }: Job = answer.json();
  expect(spec.optimizer).toEqual(sent);
  expect(resolved.rule_text).toBeNull();
  expect(resolved.optimizer).toMatchObject({
    rule: "sgd",
    convention: "paper",
    lr: 0.1,
    schedule: {
      type: "cosine",
      floor: 0,
      over: 2,
      restarts: null,
      per: "epoch",
      warmup: { steps: 1, from: 0 },
    },
    clip: { global_norm: 1 },
    accumulate: 2,
    ema: { decay: 0.999 },
    groups: [
      {
        match: "*.bias",
        tensors: ["layers.0.bias", "layers.1.bias"],
        hypers: { lr: 0.2 },
      },
    ],
  });
});

test.each<[title: string, optimizer: object, faults: Expected[]]>([
  [
    "an unknown schedule",
    { schedule: { type: "cosin" } },
    [["/optimizer/schedule/type", /not a known type/, expect.arrayContaining(["cosine"])]],
  ],
  [
    "a schedule by its name alone",
    { schedule: "cosine" },
    [["/optimizer/schedule", /must be an object/]],
  ],
  [
    "a schedule without its length",
    { schedule: { type: "step" } },
    [["/optimizer/schedule/every", /is required/]],
  ],
  [
    "a field of another schedule",
    { schedule: { type: "linear", power: 2 } },
    [["/optimizer/schedule/power", /not a field here/, expect.arrayContaining(["floor"])]],
  ],
  [
    "counts that are none",
    { schedule: { type: "cosine", over: 0, warmup: { steps: -1 } } },
    [
      ["/optimizer/schedule/over", />= 1/],
      ["/optimizer/schedule/warmup/steps", />= 0/],
    ],
  ],
  ["two ways of clipping", { clip: { value: 1, norm: 1 } }, [["/optimizer/clip", /1 propert/]]],
  ["no way of clipping", { clip: {} }, [["/optimizer/clip", /1 propert/]]],
  ["a clip of 0", { clip: { norm: 0 } }, [["/optimizer/clip/norm", /> 0/]]],
  ["an average that never moves", { ema: { decay: 1 } }, [["/optimizer/ema/decay", /< 1/]]],
  ["half a batch", { accumulate: 1.5 }, [["/optimizer/accumulate", /must be an integer/]]],
  [
    "a group without a pattern",
    { groups: [{ lr: 1 }] },
    [["/optimizer/groups/0/match", /is required/]],
  ],
  [
    "a text as a group's hyper",
    { groups: [{ match: "*", lr: "1" }] },
    [["/optimizer/groups/0/lr", /must be a number or a boolean/]],
  ],
])("of the wrong shape: %s", async (_title, optimizer, faults) => {
  await refused(api, () => post(optimizer), 400, "invalid_request", faults);
});

test("all that cannot run is named at once", async () => {
  const optimizer = {
    beta3: 1,
    schedule: { type: "plateau", metric: "val_rmse", patience: 0 },
    groups: [{ match: "*.bias", beta4: 1 }, { match: "*.bia" }],
  };
  await refused(api, () => post(optimizer), 422, "invalid_job", [
    ["/optimizer/beta3", /no hyper/],
    ["/optimizer/schedule/metric", /no val_rmse/],
    ["/optimizer/groups/0/beta4", /no hyper/],
    ["/optimizer/groups/1/match", /matches no/, expect.arrayContaining(["layers.0.weight"])],
  ]);
});

test("where the data set is not there, what the optimizer has wrong in itself is named too", async () => {
  const optimizer = {
    lr: -1,
    schedule: { type: "cosine", restarts: {}, warmup: { steps: 1e9 } },
    groups: [{ match: "nothing", x: 1 }],
  };
  await refused(api, () => post(optimizer, "ds_none"), 422, "invalid_job", [
    ["/dataset/id", /ds_none/],
    ["/optimizer/lr", /must be in/],
    ["/optimizer/schedule/over", /required with restarts/],
    ["/optimizer/groups/0/x", /no hyper/],
  ]);
});
