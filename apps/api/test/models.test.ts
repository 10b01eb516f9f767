import { writeFile } from "node:fs/promises";
import type { EpochRecord, JobSpec, Layer, OptimizerSpec, Predictions } from "@descent/contracts";
import { inspectFile, prepareData } from "@descent/datasets";
import { claimJob, createDataset, finishJob } from "@descent/db";
import { createPredictor, type PredictTask } from "@descent/inference";
import { readTable, train } from "@descent/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectProblem, FLOWERS, openTestApp, type TestApp, upload } from "./open-test-app.ts";

let api: TestApp;
let flowers: string;
beforeAll(async () => {
  api = await openTestApp();
  flowers = (await upload(api, FLOWERS.replace("7.5,14,,", "7.5,14,blue,"))).id;
});
afterAll(() => api.close());

const get = (url: string, headers = {}) => api.app.inject({ url, headers });
const post = (url: string, payload: object) => api.app.inject({ method: "POST", url, payload });

async function create(spec: Pick<JobSpec, "dataset" | "model"> & Partial<JobSpec>) {
  const optimizer = { rule: "sgd", lr: 0.05 };
  const answer = await post("/v1/jobs", { optimizer, epochs: 4, seed: 1, ...spec });
  expect(answer.statusCode, answer.body).toBe(202);
  return answer.json().id as string;
}

/** Does what a worker does, here; the job's last epoch, and the raw rows of its validation part. */
async function trained(id: string) {
  const claim = await claimJob(api.parts.db, id, { workerId: "w", leaseSeconds: 60 });
  if (!claim) throw new Error("not claimable");
  const job = claim.resolved;
  const table = await readTable(await api.parts.storage.path(claim.tableSha256));
  const training = train({ id, job, table });
  let last: EpochRecord | null = null;
  for (;;) {
    const next = await training.next();
    if (!next.done) {
      last = next.value;
      continue;
    }
    const { model, ...result } = next.value;
    let model_sha256: string | null = null;
    if (model) {
      const path = api.parts.storage.temporaryPath();
      await writeFile(path, model);
      model_sha256 = (await api.parts.storage.putFile(path)).sha256;
    }
    await finishJob(api.parts.db, claim, { ...result, model_sha256 });
    const raw = { ...job.dataset, scaling: "none" as const, target_scaling: "none" as const };
    return { values: last!.values, data: prepareData(table, raw, job.loss) };
  }
}

/** The rows of the validation part as a client has them. */
function rowsOf({ validation, encoding }: ReturnType<typeof prepareData>) {
  if (encoding.kind !== "table") throw new Error("not a table");
  const { inputs, rows } = validation;
  const width = inputs.length / rows;
  return Array.from({ length: rows }, (_, row) => {
    let at = row * width;
    return Object.fromEntries(
      encoding.columns.map((column) => {
        if (column.kind === "number") return [column.name, inputs[at++]!];
        const hot = inputs.subarray(at, at + column.values.length).indexOf(1);
        at += column.values.length;
        return [column.name, column.values[hot]!];
      }),
    );
  });
}

async function predicted(id: string, rows: unknown[]): Promise<Predictions["predictions"]> {
  const answer = await post(`/v1/jobs/${id}/predictions`, { rows });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json().predictions;
}

const near = (actual: number, expected: number | undefined) =>
  expect(Math.abs(actual - expected!)).toBeLessThan(1e-6 * Math.max(1, Math.abs(expected!)));

/** That the answers give the very metrics of the job's last epoch. */
function expectMetrics(
  answers: Predictions["predictions"],
  { values, data }: Awaited<ReturnType<typeof trained>>,
): void {
  const targets = Array.from(data.validation.targets);
  const classes = data.classes!.map(String);
  const right = answers.filter(({ label }, row) => String(label) === classes[targets[row]!]);
  near(right.length / answers.length, values.val_accuracy);
  const losses = answers.map(
    ({ probabilities }, row) => -Math.log(probabilities![classes[targets[row]!]!]!),
  );
  near(losses.reduce((sum, loss) => sum + loss, 0) / losses.length, values.val_loss);
}

const layers: Layer[] = [
  { type: "dense", units: 6, activation: "tanh" },
  { type: "dropout", rate: 0.2 },
  { type: "dense" },
];

test("a number target, standardized, of a table with a category: predictions give the job's errors", async () => {
  const dataset = {
    ...{ id: flowers, target: "width", features: ["length", "colour", "species"] },
    ...{ target_scaling: "standardize" as const, validation_fraction: 0.5 },
  };
  const id = await create({ dataset, model: { layers }, loss: "mse" });
  const result = await trained(id);
  const rows = rowsOf(result.data);
  const answers = await predicted(id, rows);
  const errors = answers.map(({ value }, row) => value! - result.data.validation.targets[row]!);
  const mean = (numbers: number[]) => numbers.reduce((sum, n) => sum + n, 0) / numbers.length;
  near(mean(errors.map(Math.abs)), result.values.val_mae);
  near(Math.sqrt(mean(errors.map((error) => error ** 2))), result.values.val_rmse);
  // The same rows as arrays, in the order of the features.
  expect(await predicted(id, rows.map(Object.values))).toEqual(answers);
});

test("classes, with averaged weights, and two classes from one logit", async () => {
  const averaged: OptimizerSpec = { rule: "sgd", lr: 0.1, ema: { decay: 0.9 } };
  const three = await create({
    dataset: { id: flowers, target: "species", validation_fraction: 0.5 },
    model: { layers },
    optimizer: averaged,
  });
  const ofThree = await trained(three);
  expectMetrics(await predicted(three, rowsOf(ofThree.data)), ofThree);
  const two = await create({
    dataset: { id: flowers, target: "colour", validation_fraction: 0.5 },
    model: { layers },
    loss: "binary_cross_entropy",
  });
  const ofTwo = await trained(two);
  expectMetrics(await predicted(two, rowsOf(ofTwo.data)), ofTwo);
});

test("images through convolution and batch norm, as nested arrays", async () => {
  const dataset = { id: await imagesDataset(), validation_fraction: 0.5 };
  const model: JobSpec["model"] = {
    layers: [
      { type: "conv2d", filters: 3, kernel: 3, padding: "same" },
      { type: "batch_norm", activation: "relu" },
      { type: "flatten" },
      { type: "dense" },
    ],
  };
  const id = await create({ dataset, model });
  const result = await trained(id);
  const { inputs, rows } = result.data.validation;
  const images = Array.from({ length: rows }, (_, row) => [
    Array.from({ length: 4 }, (_, y) =>
      Array.from(inputs.subarray(row * 16 + y * 4, row * 16 + y * 4 + 4)),
    ),
  ]);
  const answers = await predicted(id, images);
  expectMetrics(answers, result);
  expect(await predicted(id, [{ image: images[0] }])).toEqual([answers[0]]);
  const [[first]] = images as [number[][][]];
  const narrow = [first!.with(2, [0, 0, 0])];
  const bright = [first!.with(1, [0, 256, 0, 0])];
  const refused = await post(`/v1/jobs/${id}/predictions`, {
    rows: [narrow, { image: bright }, {}],
  });
  expect(expectProblem(refused, 422, "invalid_rows").errors).toEqual([
    { pointer: "/rows/0/0/2", message: "must be an array of 4" },
    { pointer: "/rows/1/image/0/1/1", message: "must be a number from 0 to 255" },
    { pointer: "/rows/2/image", message: "must be an array of 1" },
  ]);
});

/** 16 images [1, 4, 4] of two kinds, in the MNIST format. */
async function imagesDataset(): Promise<string> {
  const words = (...numbers: number[]) => Buffer.from(Uint32Array.from(numbers).buffer).swap32();
  const pixels = Buffer.from(Array.from({ length: 256 }, (_, i) => (i * 89 + (i >> 4) * 31) % 256));
  const [images, labels, table] = [0, 1, 2].map(() => api.parts.storage.temporaryPath()) as [
    string,
    string,
    string,
  ];
  await writeFile(images, Buffer.concat([words(0x803, 16, 4, 4), pixels]));
  const kinds = Buffer.from(Array.from({ length: 16 }, (_, row) => row % 2));
  await writeFile(labels, Buffer.concat([words(0x801, 16), kinds]));
  const inspected = await inspectFile({ format: "idx", images, labels }, table);
  if (!inspected.ok) throw new Error(JSON.stringify(inspected.problems));
  const { sha256, bytes } = await api.parts.storage.putFile(table);
  const ready = { profile: inspected.profile, tableSha256: sha256 };
  const dataset = { name: "images", format: "idx" as const, sha256, bytes, ready };
  return (await createDataset(api.parts.db, dataset)).id;
}

test("rows are refused by place, with what would be accepted", async () => {
  const id = await create({ dataset: { id: flowers, target: "species" }, model: { layers } });
  await trained(id);
  const good = { length: 1, width: 2, colour: "red" };
  const rows = [
    good,
    { ...good, colour: "green" },
    { length: "1", width: 1e300, size: 3, colour: null },
    [1, 2],
  ];
  const refused = await post(`/v1/jobs/${id}/predictions`, { rows });
  const features = ["length", "width", "colour"];
  expect(expectProblem(refused, 422, "invalid_rows").errors).toEqual([
    { pointer: "/rows/1/colour", message: "unknown value", allowed: ["blue", "red"] },
    { pointer: "/rows/2/size", message: "is no feature of the job", allowed: features },
    { pointer: "/rows/2/length", message: "must be a number that float32 holds" },
    { pointer: "/rows/2/width", message: "must be a number that float32 holds" },
    { pointer: "/rows/2/colour", message: "is missing" },
    { pointer: "/rows/3", message: "has 2 values; the model takes 3" },
  ]);
  const url = `/v1/jobs/${id}/predictions`;
  for (const bad of [{}, { rows: [] }, { rows: [1] }, { rows: Array(10_001).fill(good) }])
    expectProblem(await post(url, bad), 400, "invalid_request");
  expect(await predicted(id, Array(10_000).fill([1, 2, "red"]))).toHaveLength(10_000);
});

test("the file comes with its name and its tag, and not before the job has finished", async () => {
  const id = await create({ dataset: { id: flowers, target: "species" }, model: { layers } });
  const url = `/v1/jobs/${id}/model`;
  expect(expectProblem(await get(url), 404, "model_not_found").detail).toContain("queued");
  const early = await post(`/v1/jobs/${id}/predictions`, { rows: [[1, 2, "red"]] });
  expectProblem(early, 404, "model_not_found");
  await trained(id);
  const answer = await get(url);
  expect(answer.statusCode).toBe(200);
  expect(answer.headers).toMatchObject({
    "content-type": "application/octet-stream",
    "content-disposition": `attachment; filename="${id}.onnx"`,
  });
  for (const said of [id, "species", "versicolor", "red"]) expect(answer.body).toContain(said);
  const etag = String(answer.headers.etag);
  expect(etag).toMatch(/^"[0-9a-f]{64}"$/);
  const again = await get(url, { "if-none-match": `"other", W/${etag}` });
  expect([again.statusCode, again.body]).toEqual([304, ""]);
  expectProblem(await get("/v1/jobs/job_none/model"), 404, "job_not_found");

  const model = { layers: [{ type: "dense" as const }] };
  const dataset = { id: flowers, target: "width", features: ["length"], scaling: "none" as const };
  const optimizer = { rule: "sgd", lr: 1e9 };
  const lost = await create({ dataset, model, loss: "mse", optimizer, epochs: 100 });
  await trained(lost);
  const none = expectProblem(await get(`/v1/jobs/${lost}/model`), 404, "model_not_found");
  expect(none.detail).toContain("diverged");
});

test("rows go through a model that makes much of a row a few at once", async () => {
  const dataset = { id: await imagesDataset() };
  const wide: Layer[] = [
    { type: "conv2d", filters: 1, kernel: 1, padding: 500 },
    { type: "conv2d", filters: 3, kernel: 1 },
    { type: "global_avg_pool2d" },
    { type: "dense" },
  ];
  const id = await create({ dataset, model: { layers: wide }, batch_size: 1, epochs: 1 });
  await trained(id);
  const { predictor } = api.parts;
  const asked: PredictTask[] = [];
  api.parts.predictor = {
    ...predictor,
    predict(task, signal) {
      asked.push(task);
      return predictor.predict(task, signal);
    },
  };
  const image = [Array(4).fill([1, 2, 3, 4])];
  const answers = await predicted(id, Array(20).fill(image));
  api.parts.predictor = predictor;
  // One channel and three of 1004 x 1004, 3 means, 2 outputs: 4,032,069 numbers; 2^26 hold them 16 times.
  expect(asked.map(({ atOnce }) => atOnce)).toEqual([16]);
  expect(answers).toEqual(Array(20).fill(answers[0]));
});

/** So many rows that a thread would work on them for minutes. */
const endless = (task: PredictTask): PredictTask => ({
  ...{ ...task, inputs: new Float32Array(2 ** 24) },
  milliseconds: 600_000,
});

test("a client that hangs up stops its predictions, and closing stops all", async () => {
  const wide: Layer[] = [512, 512, 512].map((units) => ({ type: "dense", units }));
  const model = { layers: [...wide, { type: "dense" as const }] };
  const dataset = { id: flowers, target: "species", features: ["length", "width"] };
  const id = await create({ dataset, model });
  await trained(id);
  const url = await api.app.listen({ host: "127.0.0.1", port: 0 });
  const { predictor } = api.parts;
  const begun = Promise.withResolvers<{ task: PredictTask; outcome: Promise<unknown> }>();
  api.parts.predictor = {
    ...predictor,
    predict(task, signal) {
      const answer = predictor.predict(endless(task), signal);
      begun.resolve({ task, outcome: answer.catch((error: unknown) => error) });
      return answer;
    },
  };
  const client = new AbortController();
  const asking = fetch(`${url}/v1/jobs/${id}/predictions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ rows: [[1, 2]] }),
    signal: client.signal,
  });
  const { task, outcome } = await begun.promise;
  client.abort();
  await expect(asking).rejects.toThrow(/abort/);
  expect(await outcome).toMatchObject({ name: "AbortError" });
  api.parts.predictor = predictor;
  expect(await predicted(id, [[1, 2]])).toHaveLength(1);

  // A thread that ends inside onnxruntime would take this process with it.
  const other = createPredictor({ threads: 1 });
  const running = other.predict({ ...endless(task), shape: [2] });
  const closing = expect(running).rejects.toThrow(/closed/);
  await new Promise((resolve) => setTimeout(resolve, 1000)); // until it is at work
  await other.close();
  await closing;
}, 20_000);
