import type { Problem } from "@descent/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestApp, type TestApp } from "./open-test-app.ts";
import { uploadImages } from "./upload-images.ts";

// Models that are wrong, or far too much, sent over a socket: refused in under a second with the place named, in
// bounded memory, and nothing is created. What the faults of the single layers say is in layers.test.ts.

let api: TestApp;
let dataset: string;
let url: string;
beforeAll(async () => {
  api = await openTestApp({ maxParameters: 50_000_000 });
  dataset = await uploadImages(api, 8, 12);
  url = await api.app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(() => api.close());

const SECOND = 1000;
const TRIES = 3;
const MEBIBYTES = 256;

const many = (count: number, make: (i: number) => unknown) =>
  Array.from({ length: count }, (_, i) => make(i));
const [FLATTEN, DENSE] = [{ type: "flatten" }, { type: "dense" }];
const layers = (...list: unknown[]) => JSON.stringify({ layers: list });
const conv = (more: object) => ({ type: "conv2d", kernel: 1, filters: 1, ...more });
/** Every layer names as many others as it may, from the one that `first` says on, in a ring of 900. */
const ring = (first: (i: number) => number) =>
  many(900, (i) => ({
    ...{ type: "add", name: `a${i}` },
    inputs: many(100, (k) => `a${(first(i) + Number(k)) % 900}`),
  }));
const bare = (text: string, count: number) => `{"layers":[${Array(count).fill(text).join(",")}]}`;

/** A model as JSON text, the status, and the fault that must be among those told. */
const MODELS: [title: string, model: string, status: number, pointer: string, message: RegExp][] = [
  [
    "two layers that take each other",
    layers(
      { type: "add", name: "a", inputs: ["input", "b"] },
      { type: "relu", name: "b", inputs: ["a"] },
      FLATTEN,
      DENSE,
    ),
    422,
    "/model/layers/0/inputs/1",
    /"b" is layer 1, after this one.*circle/,
  ],
  [
    "a ring of nine hundred layers, each taking a hundred",
    layers(...ring((i) => i + 1), FLATTEN, DENSE),
    422,
    "/model/layers/0/inputs/0",
    /"a1" is layer 1, after this one.*circle/,
  ],
  [
    "shapes that do not add",
    layers(
      conv({ filters: 4, kernel: 3, name: "a" }),
      conv({ filters: 4, name: "b", inputs: ["input"] }),
      { type: "add", inputs: ["a", "b"] },
      FLATTEN,
      DENSE,
    ),
    422,
    "/model/layers/2/inputs/1",
    /"a" gives \[4, 6, 6\] and "b" gives \[4, 8, 8\]/,
  ],
  [
    "an output of another shape than the target",
    layers(FLATTEN, { type: "dense", units: 7 }),
    422,
    "/model/layers/1/units",
    /has 7 units, but the target needs 2/,
  ],
  [
    "a name twice",
    layers({ ...FLATTEN, name: "a" }, { ...DENSE, name: "a" }),
    422,
    "/model/layers/1/name",
    /layer 0 is called "a" too/,
  ],
  [
    "an unknown name",
    layers({ ...FLATTEN, name: "a" }, { ...DENSE, inputs: ["b"] }),
    422,
    "/model/layers/1/inputs/0",
    /no layer is called "b"/,
  ],
  [
    "an unknown type of layer",
    layers({ type: "lstm" }, DENSE),
    400,
    "/model/layers/0/type",
    /not a known type/,
  ],
  [
    "ten thousand layers",
    layers(...many(10_000, () => ({ type: "relu" })), FLATTEN, DENSE),
    400,
    "/model/layers",
    /more than 1000 items/,
  ],
  [
    "seventy thousand unknown layers",
    bare(`{"type":"x"}`, 70_000),
    400,
    "/model/layers",
    /more than 1000 items/,
  ],
  [
    "half a million numbers for layers",
    bare("1", 500_000),
    400,
    "/model/layers",
    /has 500000 items/,
  ],
  [
    "three hundred thousand inputs that are no names",
    `{"layers":[{"type":"relu","inputs":[${Array(300_000).fill("{}").join(",")}]}]}`,
    400,
    "/model/layers/0/inputs",
    /has 300000 items/,
  ],
  [
    "fifty thousand fields of one layer",
    `{"layers":[{"type":"relu",${many(50_000, (i) => `"a${i}":1`).join(",")}}]}`,
    400,
    "/model/layers/0/a0",
    /not a field here/,
  ],
  [
    "a million by a million",
    layers(FLATTEN, { type: "dense", units: 1e6 }, { type: "dense", units: 1e6 }, DENSE),
    422,
    "/model",
    /1000068000002 parameters; this server takes at most 50000000/,
  ],
  [
    "a convolution with huge outputs",
    layers(conv({ filters: 100_000, kernel: 1000, padding: 1000 }), FLATTEN, DENSE),
    422,
    "/model/layers/0",
    /\[100000, 1009, 1009\], 101808100000 numbers for one row; at most/,
  ],
  [
    "few weights, but outputs of gigabytes for a batch",
    layers(conv({ filters: 90_000 }), ...many(100, () => ({ type: "relu" })), FLATTEN, DENSE),
    422,
    "/batch_size",
    /give 587520002 numbers for a row, 5875200020 for a batch of 10; at most 2147483648, so at most 3 rows/,
  ],
  [
    "outputs that grow layer by layer",
    layers(...many(900, () => conv({ padding: 1000 })), FLATTEN, DENSE),
    422,
    "/model/layers/4",
    /numbers for one row; at most/,
  ],
  [
    "layers inside layers, twenty thousand deep",
    `{"layers":${`[{"type":"relu","layers":`.repeat(20_000)}[]${"}]".repeat(20_000)}}`,
    400,
    "/model/layers/0/layers",
    /not a field here/,
  ],
  [
    "lists inside lists, two hundred thousand deep",
    `{"layers":${"[".repeat(200_000)}${"]".repeat(200_000)}}`,
    400,
    "/model/layers/0",
    /must be an object/,
  ],
  [
    "a type of nine hundred thousand letters",
    layers({ type: "x".repeat(900_000) }),
    400,
    "/model/layers/0/type",
    /not a known type/,
  ],
  ["sixteen megabytes of layers", bare(`{"type":"relu"}`, 1_000_000), 413, "", /at most 1 MiB/],
];

async function send(model: string): Promise<{ status: number; problem: Problem }> {
  const job = JSON.stringify({
    ...{ dataset: { id: dataset }, model: null },
    ...{ optimizer: { rule: "sgd" }, epochs: 1 },
  });
  const answer = await fetch(`${url}/v1/jobs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: job.replace("null", () => model),
  });
  return { status: answer.status, problem: (await answer.json()) as Problem };
}

async function jobs(): Promise<unknown[]> {
  const answer = await fetch(`${url}/v1/jobs`);
  return ((await answer.json()) as { data: unknown[] }).data;
}

test.each(MODELS)("%s", async (_title, model, status, pointer, message) => {
  const before = process.resourceUsage().maxRSS;
  let quickest = Number.POSITIVE_INFINITY;
  // The best of three: this machine does other things too.
  for (let time = 0; time < TRIES; time++) {
    const begun = performance.now();
    const answer = await send(model);
    quickest = Math.min(quickest, performance.now() - begun);
    expect(answer.status).toBe(status);
    const { errors, detail } = answer.problem;
    const told =
      errors.length === 0 ? detail : errors.find((each) => each.pointer === pointer)?.message;
    expect(told).toMatch(message);
    expect(JSON.stringify(answer.problem).length).toBeLessThan(50_000);
  }
  expect(quickest).toBeLessThan(SECOND);
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(MEBIBYTES * 1024);
  expect(await jobs()).toEqual([]);
});

test("sixteen megabytes without a length are not read to their end", async () => {
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      controller.enqueue(Buffer.alloc(2 ** 16, " "));
      sent += 2 ** 16;
      if (sent >= 2 ** 24) controller.close();
    },
  });
  const init = { method: "POST", headers: { "content-type": "application/json" }, body };
  const answer = await fetch(`${url}/v1/jobs`, { ...init, duplex: "half" } as RequestInit);
  expect(answer.status).toBe(413);
  expect(await jobs()).toEqual([]);
});
