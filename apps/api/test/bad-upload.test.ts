import { gzipSync } from "node:zlib";
import type { Problem } from "@descent/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FLOWERS, openTestApp, type TestApp } from "./open-test-app.ts";
import { refused } from "./refused.ts";

let api: TestApp;
beforeAll(async () => {
  api = await openTestApp();
});
afterAll(() => api.close());

const file = (csv: string | Buffer, query = "name=x", headers: Record<string, string> = {}) =>
  api.app.inject({
    method: "POST",
    url: `/v1/datasets?${query}`,
    headers: { "content-type": "text/csv", ...headers },
    payload: csv,
  });
const FILES: [
  title: string,
  csv: string | Buffer,
  headers: Record<string, string>,
  pointer: string,
  message: RegExp,
][] = [
  ["empty", "", {}, "", /empty/],
  ["only a header", "a,b\n", {}, "", /no rows|header/],
  ["a ragged row", "a,b\n1,2\n3\n", {}, "/rows/2", /1 field/],
  ["text in a number column", "a,b\n1,2\n3,4\n5,x\n7,8\n", {}, "/rows/3/b", /x/],
  ["two columns of one name", "a,a\n1,2\n", {}, "/columns/a", /a/],
  ["not gzip", "a,b\n1,2\n", { "content-encoding": "gzip" }, "", /gzip/],
  [
    "half a gzip",
    gzipSync(FLOWERS).subarray(0, 60),
    { "content-encoding": "gzip" },
    "",
    /gzip|unexpected/i,
  ],
];
test.each(FILES)(
  "a file that cannot be used: %s",
  async (_title, csv, headers, pointer, message) => {
    const problem = await refused(api, () => file(csv, "name=x", headers), 422, "invalid_dataset", [
      [pointer, message],
    ]);
    expect(problem.problems).toHaveLength(1);
  },
);

const UPLOADS: [
  title: string,
  query: string,
  csv: string,
  headers: Record<string, string>,
  status: number,
  code: Problem["code"],
  pointer: string,
][] = [
  ["no name", "", FLOWERS, {}, 400, "invalid_request", "/query/name"],
  ["empty name", "name=", FLOWERS, {}, 400, "invalid_request", "/query/name"],
  ["unknown parameter", "name=x&nmae=y", FLOWERS, {}, 400, "invalid_request", "/query/nmae"],
  [
    "JSON",
    "name=x",
    "{}",
    { "content-type": "application/json" },
    415,
    "unsupported_media_type",
    "/headers/content-type",
  ],
  [
    "unknown encoding",
    "name=x",
    FLOWERS,
    { "content-encoding": "br" },
    415,
    "unsupported_media_type",
    "/headers/content-encoding",
  ],
];
test.each(UPLOADS)(
  "an upload that is refused: %s",
  async (_title, query, csv, headers, status, code, pointer) => {
    await refused(api, () => file(csv, query, headers), status, code, [[pointer, /./]]);
  },
);

test("an upload over the limit leaves nothing behind", async () => {
  await refused(api, () => file(`a,b\n${"1,2\n".repeat(300_000)}`), 413, "body_too_large", []);
});
