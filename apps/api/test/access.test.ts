import { availableParallelism } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readEnvironment } from "../src/env.ts";
import { expectProblem, openTestApp, type TestApp } from "./open-test-app.ts";

describe("with an API key", () => {
  let api: TestApp;
  beforeAll(async () => {
    api = await openTestApp({ host: "0.0.0.0", apiKey: "sesame" });
  });
  afterAll(() => api.close());
  const get = (url: string, authorization?: string) =>
    api.app.inject({ url, headers: authorization === undefined ? {} : { authorization } });

  test.each([
    undefined,
    "",
    "Bearer",
    "Bearer ",
    "Bearer sesam",
    "Bearer sesame1",
    "Basic sesame",
    "sesame",
  ])("every /v1 route refuses %j", async (authorization) => {
    for (const url of ["/v1/jobs", "/v1/datasets", "/v1/optimizers", "/%761/jobs"]) {
      const answer = await get(url, authorization);
      expectProblem(answer, 401, "unauthorized");
      expect(answer.headers["www-authenticate"]).toBe("Bearer");
    }
  });

  test("an upload without the key is refused before its body is read", async () => {
    const answer = await api.app.inject({
      method: "POST",
      url: "/v1/datasets?name=x",
      headers: { "content-type": "text/csv" },
      payload: "a,b\n1,2",
    });
    expectProblem(answer, 401, "unauthorized");
  });

  test("the key opens, however the scheme is spelled", async () => {
    expect((await get("/v1/jobs", "Bearer sesame")).statusCode).toBe(200);
    expect((await get("/v1/jobs", "bearer sesame")).statusCode).toBe(200);
  });

  test("health and documentation need none", async () => {
    for (const url of ["/healthz", "/readyz", "/openapi.json", "/docs/"])
      expect((await get(url)).statusCode, url).toBe(200);
  });

  test("with a key any host name is answered", async () => {
    const headers = { host: "descent.example", authorization: "Bearer sesame" };
    expect((await api.app.inject({ url: "/v1/jobs", headers })).statusCode).toBe(200);
  });
});

describe("without a key, on loopback", () => {
  let api: TestApp;
  beforeAll(async () => {
    api = await openTestApp();
  });
  afterAll(() => api.close());

  test.each(["localhost:3000", "127.0.0.1:3000", "[::1]:3000", "127.1.2.3"])(
    "%s is this machine",
    async (host) => {
      expect((await api.app.inject({ url: "/v1/jobs", headers: { host } })).statusCode).toBe(200);
    },
  );
  test.each(["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:3000", "10.0.0.1"])(
    "%s is not (DNS rebinding)",
    async (host) => {
      expectProblem(
        await api.app.inject({ url: "/v1/jobs", headers: { host } }),
        421,
        "misdirected_request",
      );
    },
  );
});

const NEEDED = { DATABASE_URL: "postgresql://x", STORAGE_URL: "file:///x" };
test.each([
  [{ ...NEEDED, HOST: "0.0.0.0" }, /HOST is 0\.0\.0\.0.*set API_KEY/],
  [{ ...NEEDED, HOST: "0.0.0.0", API_KEY: "" }, /set API_KEY/],
  [{ ...NEEDED, PORT: "http" }, /PORT must be a whole number/],
  [{ ...NEEDED, PORT: "70000" }, /PORT/],
  [{ ...NEEDED, LOG_LEVEL: "loud" }, /LOG_LEVEL must be one of/],
  [{}, /DATABASE_URL is not set.*\n.*STORAGE_URL is not set/],
])("the environment %j is refused", (env, message) => {
  expect(() => readEnvironment(env)).toThrow(message);
});
test("defaults of the environment", () => {
  expect(readEnvironment(NEEDED)).toMatchObject({
    host: "127.0.0.1",
    port: 3000,
    apiKey: null,
    redisUrl: null,
    maxParameters: 50_000_000,
    maxThreads: availableParallelism(),
    maxUploadBytes: 2 ** 30,
  });
  expect(readEnvironment({ ...NEEDED, HOST: "0.0.0.0", API_KEY: "k" }).apiKey).toBe("k");
});
