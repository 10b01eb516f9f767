import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { eventually, testQueues } from "@descent/test/harness";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  expectProblem,
  FLOWERS,
  flowersJob,
  openTestApp,
  type TestApp,
  upload,
} from "./open-test-app.ts";

let api: TestApp;
let base: string;
beforeAll(async () => {
  api = await openTestApp();
  base = await api.app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(() => api.close());

async function answerOf(response: Response) {
  const { status: statusCode } = response;
  return { statusCode, headers: Object.fromEntries(response.headers), body: await response.text() };
}

test("a job from upload to list, over a real connection", async () => {
  const uploaded = await fetch(`${base}/v1/datasets?name=flowers`, {
    method: "POST",
    headers: { "content-type": "text/csv" },
    body: FLOWERS,
  });
  expect(uploaded.status).toBe(201);
  const { id } = (await uploaded.json()) as { id: string };
  const posted = await fetch(`${base}/v1/jobs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(flowersJob(id)),
  });
  expect(posted.status).toBe(202);
  const list = (await (await fetch(`${base}/v1/jobs`)).json()) as { data: unknown[] };
  expect(list.data).toHaveLength(1);
});

test("HEAD answers without a body", async () => {
  const response = await fetch(`${base}/v1/jobs`, { method: "HEAD" });
  expect(response.status).toBe(200);
  expect(await response.text()).toBe("");
});

const MEGABYTE = "x".repeat(1_000_000);
test.each([
  ["with its length", () => JSON.stringify({ name: MEGABYTE.repeat(10) })],
  [
    "in chunks",
    () =>
      Readable.toWeb(
        Readable.from(['{"name": "', ...Array(10).fill(MEGABYTE), '"}']),
      ) as ReadableStream,
  ],
])("a body of 10 MB sent %s gets its answer", async (_title, body) => {
  const response = await fetch(`${base}/v1/jobs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: body(),
    duplex: "half",
  });
  expectProblem(await answerOf(response), 413, "body_too_large");
});

test("a client that reads only after it has sent 10 MB is not cut off before the answer", async () => {
  const { port } = api.app.server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1").pause();
  const body = JSON.stringify({ name: MEGABYTE.repeat(10) });
  const head = `POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.write(head + body, () => resolve());
  });
  const [answer] = await once(socket.resume(), "data");
  expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /);
  socket.destroy();
});

test("an upload over the limit gets its answer, with its length or in chunks", async () => {
  const csv = `a,b\n${"1,2\n".repeat(2_000_000)}`;
  const bodies = [
    csv,
    Readable.toWeb(
      Readable.from(["a,b\n", ...Array(8).fill("1,2\n".repeat(250_000))]),
    ) as ReadableStream,
  ];
  for (const body of bodies) {
    const response = await fetch(`${base}/v1/datasets?name=large`, {
      method: "POST",
      headers: { "content-type": "text/csv" },
      body,
      duplex: "half",
    });
    expectProblem(await answerOf(response), 413, "body_too_large");
  }
  const form = new FormData();
  form.append("images", new Blob([csv]), "images");
  form.append("labels", new Blob([csv]), "labels");
  const response = await fetch(`${base}/v1/datasets?name=large`, { method: "POST", body: form });
  expectProblem(await answerOf(response), 413, "body_too_large");
});

test("an upload that breaks off leaves nothing behind", async () => {
  const before = (await api.app.inject("/v1/datasets")).body;
  const { port } = api.app.server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
  socket.write(
    "POST /v1/datasets?name=x HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\ncontent-length: 1000\r\n\r\na,b\n1,2\n",
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.destroy();
  await once(socket, "close");
  const { readdir } = await import("node:fs/promises");
  await eventually(async () => (await readdir(`${api.folder}/incoming`)).length === 0);
  expect((await api.app.inject("/v1/datasets")).body).toBe(before);
});

test("who waits and goes away frees what waited", async () => {
  const { id } = await upload(api);
  const payload = flowersJob(id);
  const job = (await api.app.inject({ method: "POST", url: "/v1/jobs", payload })).json();
  const leaving = new AbortController();
  const waiting = fetch(`${base}/v1/jobs/${job.id}?wait=60`, { signal: leaving.signal });
  await new Promise((resolve) => setTimeout(resolve, 50));
  leaving.abort();
  await expect(waiting).rejects.toThrow();
  await eventually(async () => api.app.server.listening && (await connections()) === 0);
});

const connections = () =>
  new Promise<number>((resolve, reject) => {
    api.app.server.closeIdleConnections();
    api.app.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });

test("closing answers those who wait", async () => {
  const closing = await openTestApp();
  const url = await closing.app.listen({ host: "127.0.0.1", port: 0 });
  const { id } = await upload(closing);
  const payload = flowersJob(id);
  const job = (await closing.app.inject({ method: "POST", url: "/v1/jobs", payload })).json();
  const waiting = fetch(`${url}/v1/jobs/${job.id}?wait=60`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await closing.close();
  expect(await (await waiting).json()).toMatchObject({ status: "queued" });
});

test.each(testQueues())(
  "readyz with a queue on $name; 503 when the database is away",
  async (backend) => {
    const other = await openTestApp({}, backend);
    expect((await other.app.inject("/readyz")).json()).toEqual({ status: "ok" });
    await other.database.drop();
    const answer = await other.app.inject("/readyz");
    const problem = expectProblem(answer, 503, "unavailable");
    expect(problem.errors.map(({ pointer }) => pointer)).toContain("/database");
    expect((await other.app.inject("/healthz")).statusCode).toBe(200);
    for (const url of ["/v1/jobs", "/v1/datasets"]) {
      const refused = await other.app.inject(url);
      expectProblem(refused, 503, "unavailable");
      expect(refused.body).not.toMatch(/test_|postgres|SELECT/);
    }
    await other.parts.inspector.close();
  },
);
