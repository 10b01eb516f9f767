import { once } from "node:events";
import { connect } from "node:net";
import type { JobSpec, UploadedModel } from "@descent/contracts";
import { claimJob } from "@descent/db";
import { readAnswers, readGolden } from "@descent/test/golden-model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  expectProblem,
  FLOWERS,
  flowersJob,
  openTestApp,
  type TestApp,
  upload,
} from "./open-test-app.ts";
import { type Expected, refused } from "./refused.ts";
import { uploadImages } from "./upload-images.ts";
import { postModel, uploadGolden } from "./upload-model.ts";

let api: TestApp;
/** 4 numbers to 3 classes, and images [1, 8, 8] to 3 classes. */
let [mlp, conv]: UploadedModel[] = [];
let petals: string;
beforeAll(async () => {
  api = await openTestApp();
  mlp = await uploadGolden(api, "pytorch-mlp");
  conv = await uploadGolden(api, "pytorch-conv-unfolded");
  const rows = FLOWERS.split("\n").slice(1);
  const csv = [
    "a,b,c,d,species",
    ...rows.map((row, i) => `${i},${i % 3},1,2,${row.split(",")[3]}`),
  ];
  petals = (await upload(api, csv.join("\n"), "petals")).id;
});
afterAll(() => api.close());

const get = (url: string) => api.app.inject({ url });
const post = (url: string, payload: object) => api.app.inject({ method: "POST", url, payload });
const spec = (model: object, more: Partial<JobSpec> = {}) => ({
  ...flowersJob(petals, { dataset: { id: petals }, ...more }),
  model,
});

test("an uploaded model is shown with what was found in it, alone and in the list", async () => {
  expect(mlp).toMatchObject({
    name: "pytorch-mlp",
    input: { type: "float32", shape: [4], vocabulary: null, batch: null },
    output: { shape: [3], activation: null },
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const shapes = mlp!.parameters.map(({ shape }) => shape);
  expect(mlp!.parameter_count).toBe(
    shapes
      .flatMap((shape) => shape.reduce((product, length) => product * length, 1))
      .reduce((a, b) => a + b),
  );
  expect(mlp!.head!.replaces).toHaveLength(2);
  expect((await get(`/v1/models/${mlp!.id}`)).json()).toEqual(mlp);
  const first = (await get("/v1/models?limit=1")).json();
  expect(first.data).toEqual([conv]);
  const second = (await get(`/v1/models?limit=1&cursor=${first.next_cursor}`)).json();
  expect(second).toEqual({ data: [mlp], next_cursor: null });
});

describe("the file's own answers", () => {
  test.each([
    "pytorch-mlp",
    "pytorch-mlp-batch-1",
    "pytorch-words",
    "sklearn-mlp-three-classes",
    "sklearn-mlp-three-classes-zipmap",
    "keras-tensorflow-conv",
    "pytorch-conv-training-old",
  ])("are those of the framework that wrote %s", async (name) => {
    const { id, output } = await uploadGolden(api, name);
    const { rows, answers } = await readAnswers(name, output.name);
    const answer = await post(`/v1/models/${id}/predictions`, { rows });
    expect(answer.statusCode, answer.body).toBe(200);
    const { outputs }: { outputs: number[][] } = answer.json();
    expect(outputs).toHaveLength(answers.length);
    for (const [row, expected] of answers.entries())
      for (const [i, number] of expected.entries())
        expect(Math.abs(outputs[row]![i]! - number)).toBeLessThan(1e-5);
  });

  test("rows are flat or nested, and a wrong one is pointed at", async () => {
    const url = `/v1/models/${conv!.id}/predictions`;
    const flat = Array.from({ length: 64 }, (_, i) => i / 64);
    const nested = [Array.from({ length: 8 }, (_, y) => flat.slice(8 * y, 8 * y + 8))];
    const { outputs } = (await post(url, { rows: [flat, nested] })).json();
    expect(outputs[0]).toEqual(outputs[1]);
    const wrong = { rows: [flat.slice(1), [[[1]]], flat.with(5, "x" as never), flat] };
    await refused(api, () => post(url, wrong), 422, "invalid_rows", [
      ["/rows/0", /array of 64/],
      ["/rows/1/0", /array of 8/],
      ["/rows/2/5", /number/],
    ]);
  });
});

describe("what a job makes of it", () => {
  const validated = async (body: object) => {
    const answer = await post("/v1/jobs?validate_only=true", body);
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json();
  };

  test("kept: the file's parameters, tables as they are", async () => {
    const { resolved, parameters } = await validated(spec({ id: mlp!.id }));
    const told = await validated(spec({ id: mlp!.id, freeze: [] }));
    expect(told.resolved.model).toEqual(resolved.model);
    expect(parameters).toBe(mlp!.parameter_count);
    expect(resolved.model).toEqual({
      ...{ id: mlp!.id, sha256: mlp!.sha256, head: "keep", freeze: [], frozen: [] },
      ...{ initialisation: null, vocabulary: null, numbers_per_row: mlp!.numbers_per_row },
    });
    expect(resolved.dataset.scaling).toBe("none");
    expect(resolved.loss).toBe("cross_entropy");
  });

  test("with a new head of the target's size and the rest frozen", async () => {
    const [first] = mlp!.parameters;
    const freeze = [first!.name, "*bias"];
    const optimizer = { rule: "sgd", lr: 0.1, groups: [{ match: "head.*" }] };
    const { resolved, parameters } = await validated(
      spec({ id: mlp!.id, head: "replace", freeze }, { optimizer }),
    );
    const head = mlp!.head!;
    expect(resolved.model.frozen).toEqual(
      mlp!.parameters
        .map(({ name }) => name)
        .filter((name) => !head.replaces.includes(name))
        .filter((name) => name === first!.name || name.endsWith("bias")),
    );
    expect(resolved.model.initialisation).toBe("glorot_uniform");
    const own = mlp!.parameters.filter(
      ({ name }) => !head.replaces.includes(name) && !resolved.model.frozen.includes(name),
    );
    const kept = own.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    expect(parameters).toBe(kept + 3 * head.inputs[0]! + 3);
    expect(resolved.optimizer.groups[0].tensors).toEqual(["head.weight", "head.bias"]);
  });

  test("images reach it divided by 255", async () => {
    const images = await uploadImages(api, 8, 12);
    const { resolved } = await validated({
      ...spec({ id: conv!.id, head: "replace" }),
      dataset: { id: images },
    });
    expect(resolved.dataset.scaling).toBe("unit");
  });

  const WRONG: [string, () => object, () => Expected[]][] = [
    ["no such model", () => spec({ id: "mdl_none" }), () => [["/model/id", /no model mdl_none/]]],
    [
      "another number of inputs",
      () => spec({ id: conv!.id }),
      () => [["/model/id", /\[1, 8, 8\], 64 numbers.*\[4\], 4 numbers/]],
    ],
    [
      "another number of outputs",
      () =>
        spec(
          { id: mlp!.id },
          {
            dataset: { id: petals, target: "a", features: ["b", "c", "d", "species"] },
            loss: "mse",
          },
        ),
      () => [
        ["/model/head", /gives 3 numbers.*needs 1.*replace/],
        ["/model/id", /.*/],
      ],
    ],
    [
      "a pattern that matches nothing",
      () => spec({ id: mlp!.id, freeze: ["*", "conv*"] }),
      () => [
        [
          "/model/freeze/1",
          /"conv\*" matches no parameter/,
          mlp!.parameters.map(({ name }) => name),
        ],
        ["/model/freeze", /nothing to train/],
      ],
    ],
    [
      "a start for a head that is kept",
      () => spec({ id: mlp!.id, initialisation: "zeros" }),
      () => [["/model/initialisation", /new head/]],
    ],
  ];
  test.each(WRONG)("refused: %s", async (_title, body, faults) => {
    await refused(api, () => post("/v1/jobs", body()), 422, "invalid_job", faults());
  });
  test("refused: another field, another head", async () => {
    await refused(
      api,
      () => post("/v1/jobs", spec({ id: mlp!.id, layers: [], head: "cut" })),
      400,
      "invalid_request",
      [
        ["/model/layers", /not a field/],
        ["/model/head", /.*/, ["keep", "replace"]],
      ],
    );
  });
});

test("jobs are compared by what they make of it", async () => {
  const tags = { study: "heads" };
  for (const head of ["keep", "replace"] as const) {
    const created = await post("/v1/jobs", spec({ id: mlp!.id, head }, { tags }));
    expect(created.statusCode, created.body).toBe(202);
  }
  const layers = flowersJob(petals, { dataset: { id: petals }, tags });
  expect((await post("/v1/jobs", layers)).statusCode).toBe(202);
  const fields = ["model.id", "model.head"];
  const comparison = { filter: { tags }, metric: "val_accuracy", group_by: fields };
  const { groups } = (await post("/v1/comparisons", comparison)).json();
  const keys = groups.map(({ key }: { key: Record<string, unknown> }) => fields.map((f) => key[f]));
  expect(keys).toHaveLength(3);
  expect(keys).toEqual(
    expect.arrayContaining([
      [mlp!.id, "keep"],
      [mlp!.id, "replace"],
      [null, null],
    ]),
  );
});

test("it is deleted when no unfinished job uses it", async () => {
  const model = await uploadGolden(api, "sklearn-pipeline");
  const url = `/v1/models/${model.id}`;
  const remove = () => api.app.inject({ method: "DELETE", url });
  const created = await post("/v1/jobs", spec({ id: model.id }));
  expect(created.statusCode, created.body).toBe(202);
  expectProblem(await remove(), 409, "model_in_use");
  const { id } = created.json();
  expect(await claimJob(api.parts.db, id, { workerId: "w", leaseSeconds: 60 })).not.toBeNull();
  expectProblem(await remove(), 409, "model_in_use");
  await api.parts.db.pool.query("UPDATE jobs SET status = 'finished' WHERE id = $1", [id]);
  // The same file under another id keeps the blob.
  const twin = await uploadGolden(api, "sklearn-pipeline");
  expect((await remove()).statusCode).toBe(204);
  expectProblem(await remove(), 404, "model_not_found");
  expectProblem(await get(url), 404, "model_not_found");
  expectProblem(await post(`${url}/predictions`, { rows: [[1, 2, 3, 4]] }), 404, "model_not_found");
  expectProblem(await post("/v1/jobs", spec({ id: model.id })), 422, "invalid_job");
  await api.parts.storage.path(model.sha256);
  await api.app.inject({ method: "DELETE", url: `/v1/models/${twin.id}` });
  await expect(api.parts.storage.path(model.sha256)).rejects.toThrow("no blob");
  expect((await get(`/v1/jobs/${id}`)).json().resolved.model.id).toBe(model.id);
});

describe("a file that cannot be used is refused with its place, and nothing is kept", () => {
  const FILES: [string, () => Promise<Buffer>, Expected[]][] = [
    ["nothing", async () => Buffer.alloc(0), [["", /.*/]]],
    ["a text", async () => Buffer.from("a,b\n1,2\n"), [["", /.*/]]],
    [
      "a half",
      async () => (await readGolden("pytorch-conv")).subarray(0, 3000),
      [["/graph", /whole/]],
    ],
    [
      "an operator without a derivative",
      () => readGolden("refused-lstm"),
      [[expect.stringMatching(/^\/graph\/node\/\d+\/op_type$/) as never, /LSTM/]],
    ],
    [
      "half precision",
      () => readGolden("refused-float16"),
      [[expect.stringMatching(/^\/graph\//) as never, /float16/]],
    ],
    [
      "weights in another file",
      () => readGolden("refused-external-data"),
      [[expect.stringMatching(/^\/graph\/initializer\//) as never, /external_data=False/]],
    ],
  ];
  test.each(FILES)("%s", async (_title, file, [expected]) => {
    const [pointer, message] = expected!;
    const payload = await file();
    let errors: { pointer: string; message: string }[] = [];
    const before = await api.parts.db.pool.query("SELECT count(*) FROM models");
    const answer = await postModel(api, payload);
    errors = expectProblem(answer, 422, "invalid_model").errors;
    expect(errors[0]).toMatchObject({ pointer, message: expect.stringMatching(message) });
    expect((await api.parts.db.pool.query("SELECT count(*) FROM models")).rows).toEqual(
      before.rows,
    );
  });

  test("2 GB are refused before they come", async () => {
    await api.app.listen({ port: 0, host: "127.0.0.1" });
    const { port } = api.app.server.address() as { port: number };
    const socket = connect(port, "127.0.0.1");
    socket.write(
      `POST /v1/models?name=x HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/octet-stream\r\ncontent-length: 2000000000\r\n\r\nONNX`,
    );
    const [answer] = await once(socket, "data");
    socket.destroy();
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /);
    expect(String(answer)).toContain('"code":"body_too_large"');
  });

  test("another content type, no name", async () => {
    const headers = { "content-type": "text/csv" };
    const as = { method: "POST", url: "/v1/models?name=x", headers, payload: "x" } as const;
    expectProblem(await api.app.inject(as), 415, "unsupported_media_type");
    expectProblem(await postModel(api, Buffer.from("x"), ""), 400, "invalid_request");
  });
});
