import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { renderOpenapi } from "../src/openapi/render-openapi.ts";
import { openTestApp, type TestApp } from "./open-test-app.ts";

let api: TestApp;
let document: Document;
beforeAll(async () => {
  api = await openTestApp();
  document = (await api.app.inject("/openapi.json")).json();
});
afterAll(() => api.close());

interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  responses: Record<string, { description: string; content?: Record<string, unknown> }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown> };
}
const operations = () => Object.values(document.paths).flatMap((path) => Object.values(path));

test("the committed document is what the routes say", async () => {
  const committed = await readFile(new URL("../../../docs/openapi.json", import.meta.url), "utf8");
  expect(renderOpenapi(api.app), "run `npm run openapi`").toBe(committed);
});

test("every reference leads somewhere, and no schema stands twice", () => {
  const text = JSON.stringify(document);
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
    ([, name]) => name!,
  );
  expect(references.length).toBeGreaterThan(20);
  expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(references));
  expect(text).not.toMatch(/"\$id"|x-schema-name|Default Response/);
  expect(document.openapi).toBe("3.1.0");
});

test("every operation says what it is and how it fails", () => {
  expect(operations()).toHaveLength(25);
  for (const { operationId, summary, tags, responses } of operations()) {
    expect(summary, operationId).toMatch(/\w/);
    expect(tags, operationId).toHaveLength(1);
    expect(Object.values(responses).every(({ description }) => description.length > 1)).toBe(true);
    const failures = Object.entries(responses).filter(([status]) => Number(status) >= 400);
    if (operationId !== "isAlive") expect(failures.length, operationId).toBeGreaterThan(0);
    for (const [, { content }] of failures)
      expect(Object.keys(content ?? {})).toEqual(["application/problem+json"]);
  }
  const ids = operations().map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
});

test("/docs is a page", async () => {
  const page = await api.app.inject("/docs/");
  expect(page.headers["content-type"]).toMatch("text/html");
  expect((await api.app.inject("/docs")).statusCode).toBeLessThan(400);
});
