import {
  type DatasetProfile,
  expandPreset,
  followShapes,
  type Model,
  PRESET_SIZES,
  PRESETS,
  type ResolvedLayers,
} from "@descent/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resolveJob } from "../src/resolve-job/resolve-job.ts";
import { FLOWERS, flowersJob, openTestApp, type TestApp, upload } from "./open-test-app.ts";
import { type Expected, refused } from "./refused.ts";

let api: TestApp;
let flowers: string;
beforeAll(async () => {
  api = await openTestApp();
  flowers = (await upload(api, FLOWERS, "flowers")).id;
});
afterAll(() => api.close());

const images = (shape: number[]): DatasetProfile => ({
  rows: 100,
  shape,
  columns: [
    { name: "image", kind: "image", missing: 0 },
    {
      name: "label",
      kind: "category",
      values: ["cat", "dog", "owl"],
      missing: 0,
      first_missing_row: null,
    },
  ],
});
function resolve(model: Model, shape: number[], maxParameters = 50_000_000) {
  const spec = { dataset: { id: "ds_1" }, model, optimizer: { rule: "sgd" }, epochs: 1 };
  return resolveJob(
    spec,
    { profile: images(shape), ownRule: null, upload: null },
    { maxParameters, maxThreads: 1, drawSeed: () => 1 },
  );
}

test.each(PRESETS.flatMap((preset) => PRESET_SIZES.map((size) => [preset, size] as const)))(
  "%s, %s, is resolved to its layers with every value",
  (preset, size) => {
    const resolution = resolve({ preset, size }, [3, 32, 32]);
    if (resolution.faults) throw new Error(JSON.stringify(resolution.faults));
    const layers = expandPreset({ preset, size }, [3, 32, 32], 3)!;
    const model = resolution.resolved.model as ResolvedLayers;
    expect(model).toMatchObject({ preset, size, initialisation: "he_normal", layers });
    for (const layer of model.layers)
      if (layer.type === "conv2d")
        expect(layer).toMatchObject({ dilation: 1, initialisation: "he_normal" });
    // The layers that are shown are the same model when they are sent.
    const again = followShapes(model.layers, [3, 32, 32], 3, model.initialisation);
    expect(again.faults).toBeNull();
    expect(again).toMatchObject({ parameterCount: resolution.parameters });
  },
);

test("the small size is the default, and an initialisation may be said", () => {
  const { faults, ...resolution } = resolve({ preset: "vgg", initialisation: "zeros" }, [1, 8, 8]);
  expect(faults).toBeNull();
  expect(resolution).toMatchObject({
    resolved: { model: { size: "small", initialisation: "zeros" } },
  });
});

test("more parameters than the server takes are refused", () => {
  const { faults } = resolve({ preset: "vgg", size: "full" }, [3, 224, 224]);
  expect(faults).toEqual([
    { pointer: "/model", message: expect.stringMatching(/\d+ parameters.*at most 50000000/) },
  ]);
});

test("a layer with too many numbers is the preset's fault", () => {
  const { faults } = resolve({ preset: "resnet" }, [1, 9000, 9000]);
  expect(faults).toEqual([
    { pointer: "/model/preset", message: expect.stringMatching(/numbers for one row; at most/) },
  ]);
});

const FORMS = ["layers", "preset", "id"];
const WRONG: [title: string, model: unknown, status: 400 | 422, faults: Expected[]][] = [
  ["an unknown name", { preset: "lenet" }, 400, [["/model/preset", /accepted/, [...PRESETS]]]],
  [
    "an unknown size",
    { preset: "vgg", size: "large" },
    400,
    [["/model/size", /accepted/, [...PRESET_SIZES]]],
  ],
  [
    "layers beside it",
    { preset: "vgg", layers: [{ type: "dense" }] },
    400,
    [["/model/layers", /not a field/, ["preset", "size", "initialisation"]]],
  ],
  [
    "its own name misspelt",
    { presett: "vgg" },
    400,
    [
      ["/model", /must have layers or preset or id/, FORMS],
      ["/model/presett", /not a field/, expect.arrayContaining([...FORMS, "size", "head"])],
    ],
  ],
  ["no name", { size: "full" }, 400, [["/model", /must have layers/, FORMS]]],
  [
    "its size misspelt",
    { preset: "vgg", sise: "full" },
    400,
    [["/model/sise", /not a field/, ["preset", "size", "initialisation"]]],
  ],
  ["a model that is no object", "resnet", 400, [["/model", /must be an object/]]],
  ["a table", { preset: "resnet" }, 422, [["/model/preset", /takes images.*is a table/]]],
];
test.each(WRONG)("a preset with %s is refused", async (_title, model, status, faults) => {
  const send = () =>
    api.app.inject({
      method: "POST",
      url: "/v1/jobs",
      headers: { "content-type": "application/json" },
      payload: JSON.stringify({ ...flowersJob(flowers), model }),
    });
  await refused(api, send, status, status === 400 ? "invalid_request" : "invalid_job", faults);
});
