import { readdir, readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import type { Dataset } from "@descent/contracts";
import { readTable } from "@descent/datasets";
import { eventually } from "@descent/test/harness";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  countRows,
  expectProblem,
  FLOWERS,
  flowersJob,
  openTestApp,
  type TestApp,
  upload,
} from "./open-test-app.ts";

let api: TestApp;
beforeAll(async () => {
  api = await openTestApp();
});
afterAll(() => api.close());

const blobs = async (folder: string) =>
  (await readdir(folder, { recursive: true, withFileTypes: true })).filter((each) => each.isFile())
    .length;

test("a CSV becomes a data set whose columns are described", async () => {
  const answer = await api.app.inject({
    method: "POST",
    url: "/v1/datasets?name=flowers%20of%20mine",
    headers: { "content-type": "text/csv; charset=utf-8" },
    payload: FLOWERS,
  });
  expect(answer.statusCode, answer.body).toBe(201);
  const dataset: Dataset = answer.json();
  expect(answer.headers.location).toBe(`/v1/datasets/${dataset.id}`);
  expect(dataset).toMatchObject({
    name: "flowers of mine",
    status: "ready",
    format: "csv",
    bytes: FLOWERS.length,
    rows: 12,
    shape: null,
    problems: [],
  });
  expect(dataset.columns).toMatchObject([
    { name: "length", kind: "number", min: 0.5, max: 11.5, mean: 6, missing: 0 },
    { name: "width", kind: "number", min: 0, max: 22, mean: 11 },
    { name: "colour", kind: "category", values: ["blue", "red"], missing: 1, first_missing_row: 8 },
    { name: "species", kind: "category", values: ["setosa", "versicolor", "virginica"] },
  ]);
  const again = await api.app.inject(`/v1/datasets/${dataset.id}`);
  expect(again.json()).toEqual(dataset);
});

test("a gzipped CSV is the same table; categories may be named", async () => {
  const answer = await api.app.inject({
    method: "POST",
    url: "/v1/datasets?name=zipped&categories=width,length",
    headers: { "content-type": "text/csv", "content-encoding": "gzip" },
    payload: gzipSync(FLOWERS),
  });
  expect(answer.statusCode, answer.body).toBe(201);
  const { columns, rows } = answer.json() as Dataset;
  expect(rows).toBe(12);
  expect(columns.map(({ kind }) => kind)).toEqual(["category", "category", "category", "category"]);
});

/** n images of 1x2 pixels and their labels, as LeCun's page describes the format. */
const idxImages = (n: number) =>
  Buffer.from([0, 0, 8, 3, 0, 0, 0, n, 0, 0, 0, 1, 0, 0, 0, 2, ...Array(2 * n).keys()]);
const idxLabels = (n: number) =>
  Buffer.from([0, 0, 8, 1, 0, 0, 0, n, ...Array.from({ length: n }, (_, row) => row % 2)]);

function multipart(parts: Record<string, Buffer>) {
  const form = Object.entries(parts).flatMap(([name, content]) => [
    Buffer.from(
      `--frontier\r\ncontent-disposition: form-data; name="${name}"; filename="${name}"\r\ncontent-type: application/octet-stream\r\n\r\n`,
    ),
    content,
    Buffer.from("\r\n"),
  ]);
  return {
    method: "POST" as const,
    url: "/v1/datasets?name=images",
    headers: { "content-type": "multipart/form-data; boundary=frontier" },
    payload: Buffer.concat([...form, Buffer.from("--frontier--\r\n")]),
  };
}

test("a pair of IDX files becomes a data set of images, in either order, gzipped or not", async () => {
  const answers = [
    await api.app.inject(multipart({ images: idxImages(6), labels: idxLabels(6) })),
    await api.app.inject(multipart({ labels: gzipSync(idxLabels(6)), images: idxImages(6) })),
  ];
  for (const answer of answers) {
    expect(answer.statusCode, answer.body).toBe(201);
    expect(answer.json()).toMatchObject({ format: "idx", rows: 6, shape: [1, 1, 2] });
    const { columns } = answer.json() as Dataset;
    expect(columns).toMatchObject([
      { name: "image", kind: "image" },
      { name: "label", kind: "category", values: ["0", "1"] },
    ]);
  }
  const tables = await Promise.all(
    answers.map(async (answer) => {
      const { rows } = await api.parts.db.pool.query<{ table_sha256: string }>(
        "SELECT table_sha256 FROM datasets WHERE id = $1",
        [answer.json().id],
      );
      return readTable(await api.parts.storage.path(rows[0]!.table_sha256));
    }),
  );
  expect(tables[0]).toEqual(tables[1]);
  expect(answers[0]?.json().sha256).not.toBe(answers[1]?.json().sha256);
});

test("images: layers that do not fit, and what they are scaled by", async () => {
  const answer = await api.app.inject(multipart({ images: idxImages(6), labels: idxLabels(6) }));
  const { id } = answer.json() as Dataset;
  const validate = (more: object) =>
    api.app.inject({
      method: "POST",
      url: "/v1/jobs?validate_only=true",
      payload: { ...flowersJob(id), dataset: { id }, ...more },
    });
  const kernel = { type: "conv2d", filters: 2, kernel: 2, padding: "valid" };
  const end = [{ type: "flatten" }, { type: "dense" }];
  const fits = await validate({ model: { layers: end } });
  expect(fits.json()).toMatchObject({
    parameters: 2 * 2 + 2,
    resolved: {
      dataset: { target: "label", features: ["image"], scaling: "unit", target_scaling: "none" },
    },
  });
  const tooLarge = expectProblem(
    await validate({ model: { layers: [kernel, ...end] } }),
    422,
    "invalid_job",
  );
  expect(tooLarge.errors[0]).toMatchObject({ pointer: "/model/layers/0/kernel" });
  const flat = expectProblem(
    await validate({ model: { layers: [{ type: "dense" }] } }),
    422,
    "invalid_job",
  );
  expect(flat.errors[0]?.message).toMatch(/flatten/);
  const scaled = await validate({
    model: { layers: end },
    dataset: { id, scaling: "standardize" },
  });
  expect(expectProblem(scaled, 422, "invalid_job").errors[0]).toMatchObject({
    pointer: "/dataset/scaling",
    allowed: ["unit", "none"],
  });
  const onImage = await validate({ model: { layers: end }, dataset: { id, target: "image" } });
  expect(expectProblem(onImage, 422, "invalid_job").errors[0]).toMatchObject({
    pointer: "/dataset/target",
    allowed: ["label"],
  });
});

test.each([
  ["only images", { images: idxImages(2) }, "invalid_request", ["/labels"]],
  ["nothing", {}, "invalid_request", ["/images", "/labels"]],
  [
    "another part",
    { images: idxImages(2), labels: idxLabels(2), more: Buffer.from("x") },
    "invalid_request",
    ["/more"],
  ],
  [
    "counts that differ",
    { images: idxImages(2), labels: idxLabels(3) },
    "invalid_dataset",
    ["/columns/label"],
  ],
  [
    "no IDX",
    { images: Buffer.from("GIF89a, and more of it"), labels: idxLabels(2) },
    "invalid_dataset",
    ["/columns/image"],
  ],
] as const)("an image upload that is refused: %s", async (_title, parts, code, pointers) => {
  const before = await countRows(api);
  const answer = await api.app.inject(multipart(parts));
  const problem = expectProblem(answer, code === "invalid_request" ? 400 : 422, code);
  expect(problem.errors.map(({ pointer }) => pointer)).toEqual(pointers);
  expect(await countRows(api)).toEqual(before);
});

test("a multipart body that breaks off", async () => {
  const whole = multipart({ images: idxImages(2), labels: idxLabels(2) });
  const answer = await api.app.inject({ ...whole, payload: whole.payload.subarray(0, -30) });
  expectProblem(answer, 400, "invalid_request");
});

test("deleting removes the blobs that no other data set needs", async () => {
  const before = await blobs(api.folder);
  const csv = "a,b\n1,2.5\n2,3.5\n3,4.25";
  const [first, second] = [await upload(api, csv, "one"), await upload(api, csv, "two")];
  expect(await blobs(api.folder)).toBe(before + 2); // the file and its table, once
  const remove = (id: string) => api.app.inject({ method: "DELETE", url: `/v1/datasets/${id}` });
  expect((await remove(first.id)).statusCode).toBe(204);
  expect(await blobs(api.folder)).toBe(before + 2);
  expect((await remove(second.id)).statusCode).toBe(204);
  expect(await blobs(api.folder)).toBe(before);
});

test("lists page by cursor, newest first", async () => {
  const ids = [];
  for (const name of ["p", "q", "r"]) ids.push((await upload(api, FLOWERS, name)).id);
  const first = (await api.app.inject("/v1/datasets?limit=2")).json();
  expect(first.data.map(({ id }: Dataset) => id)).toEqual([ids[2], ids[1]]);
  const next = await api.app.inject(`/v1/datasets?limit=1&cursor=${first.next_cursor}`);
  expect(next.json().data[0].id).toBe(ids[0]);
});

test("a validation that takes long is answered 202 and finishes by itself", async () => {
  const hasty = await openTestApp({ answerUploadAfterMs: 0 });
  const send = (payload: string) =>
    hasty.app.inject({
      method: "POST",
      url: "/v1/datasets?name=slow",
      headers: { "content-type": "text/csv" },
      payload,
    });
  const ended = (id: string) =>
    eventually(async () => {
      const dataset = (await hasty.app.inject(`/v1/datasets/${id}`)).json() as Dataset;
      return dataset.status !== "validating" && dataset;
    });
  const good = await send(FLOWERS);
  expect(good.statusCode).toBe(202);
  expect(good.json()).toMatchObject({ status: "validating", rows: null, columns: [] });
  const early = await hasty.app.inject({
    method: "POST",
    url: "/v1/jobs",
    payload: flowersJob(good.json().id),
  });
  expect([409, 202]).toContain(early.statusCode); // it may be ready by now
  expect(await ended(good.json().id)).toMatchObject({ status: "ready", rows: 12 });

  const bad = await send("a,b\n1,2\n3\n");
  expect(bad.statusCode).toBe(202);
  expect(await ended(bad.json().id)).toMatchObject({
    status: "invalid",
    problems: [{ row: 2, column: null }],
  });
  const refused = await hasty.app.inject({
    method: "POST",
    url: "/v1/jobs",
    payload: flowersJob(bad.json().id),
  });
  expect(expectProblem(refused, 409, "dataset_not_ready").detail).toMatch(/invalid/);
  await hasty.close();
});

test("the digits that the repository ships", async () => {
  const csv = await readFile(
    new URL("../../../packages/datasets/data/digits.csv", import.meta.url),
    "utf8",
  );
  const dataset = await upload(api, csv, "digits");
  expect(dataset.rows).toBe(1797); // UCI's test part, as scikit-learn ships it
  expect(dataset.columns).toHaveLength(65);
});
