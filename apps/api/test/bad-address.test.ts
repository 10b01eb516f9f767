import type { Problem } from "@descent/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectProblem, openTestApp, type TestApp } from "./open-test-app.ts";

let api: TestApp;
beforeAll(async () => {
  api = await openTestApp();
});
afterAll(() => api.close());

const ADDRESSES: [
  method: "GET" | "POST" | "PUT" | "DELETE" | "PATCH",
  url: string,
  status: number,
  code: Problem["code"],
][] = [
  ["GET", "/", 404, "not_found"],
  ["GET", "/v1", 404, "not_found"],
  ["GET", "/v1/jobs/job_1/events", 404, "not_found"],
  ["POST", "/v1/trajectories/1", 404, "not_found"],
  ["GET", "/metrics", 404, "not_found"],
  ["GET", "/v1/jobs/%00", 400, "invalid_request"],
  ["GET", "/v1/jobs/%00/epochs", 400, "invalid_request"],
  ["POST", "/v1/jobs/%00/cancel", 400, "invalid_request"],
  ["GET", "/v1/datasets/%00", 400, "invalid_request"],
  ["DELETE", "/v1/datasets/%00", 400, "invalid_request"],
  ["GET", "/v1/jobs?tag.a=%00", 400, "invalid_request"],
  ["GET", "/v1/comparisons/curves?jobs=%00&metric=val_loss", 400, "invalid_request"],
  ["GET", "/v1/optimizers/__proto__", 404, "optimizer_not_found"],
  ["GET", "/v1/optimizers/%00", 400, "invalid_request"],
  ["DELETE", "/v1/optimizers/%00", 400, "invalid_request"],
  ["GET", "/v1/optimizers?rule=%00", 400, "invalid_request"],
  ["GET", "/v1/optimizers?limit=501", 400, "invalid_request"],
  ["GET", "/v1/optimizers?cursor=W10", 400, "invalid_cursor"],
  ["GET", "/v1/jobs/%", 400, "invalid_request"],
  ["GET", "/v1/jobs/job_1", 404, "job_not_found"],
  ["GET", "/v1/jobs/job_1?wait=1", 404, "job_not_found"],
  ["GET", "/v1/jobs/job_1?wait=61", 400, "invalid_request"],
  ["GET", "/v1/jobs/job_1?wait=soon", 400, "invalid_request"],
  ["GET", "/v1/jobs/job_1/epochs", 404, "job_not_found"],
  ["POST", "/v1/jobs/job_1/cancel", 404, "job_not_found"],
  ["GET", "/v1/datasets/ds_1", 404, "dataset_not_found"],
  ["DELETE", "/v1/datasets/ds_1", 404, "dataset_not_found"],
  ["PUT", "/v1/jobs", 405, "method_not_allowed"],
  ["DELETE", "/v1/jobs/job_1", 405, "method_not_allowed"],
  ["PUT", "/v1/optimizers", 405, "method_not_allowed"],
  ["DELETE", "/v1/optimizers/adam", 405, "method_not_allowed"],
  ["GET", "/v1/trajectories", 405, "method_not_allowed"],
  ["GET", "/v1/comparisons", 405, "method_not_allowed"],
  ["GET", "/v1/optimizers/magic", 404, "optimizer_not_found"],
  ["DELETE", "/v1/optimizers/magic", 404, "optimizer_not_found"],
  ["GET", "/v1/optimizers/adam?convention=x", 404, "optimizer_not_found"],
  ["GET", "/v1/jobs?limit=0", 400, "invalid_request"],
  ["GET", "/v1/jobs?limit=501", 400, "invalid_request"],
  ["GET", "/v1/jobs?limit=", 400, "invalid_request"],
  ["GET", "/v1/jobs?limit=1&limit=2", 400, "invalid_request"],
  ["GET", "/v1/jobs?status=done", 400, "invalid_request"],
  ["GET", "/v1/jobs?tags.a=b", 400, "invalid_request"],
  ["GET", "/v1/jobs?tag.a=b&tag.a=c", 400, "invalid_request"],
  ["GET", "/v1/jobs?sort=name", 400, "invalid_request"],
  ["GET", "/v1/jobs?cursor=abc", 400, "invalid_cursor"],
  ["GET", "/v1/datasets?cursor=W10", 400, "invalid_cursor"],
  ["GET", "/v1/datasets?cursor=", 400, "invalid_cursor"],
  ["GET", "/v1/comparisons/curves?metric=val_loss", 400, "invalid_request"],
  ["GET", "/v1/comparisons/curves?jobs=,&metric=val_loss", 400, "invalid_request"],
  ["GET", "/v1/comparisons/curves?jobs=job_1&metric=val_loss", 404, "job_not_found"],
];
test.each(ADDRESSES)("%s %s answers %i %s", async (method, url, status, code) => {
  expectProblem(await api.app.inject({ method, url }), status, code);
});

test("405 says which methods there are", async () => {
  const answer = await api.app.inject({ method: "PUT", url: "/v1/datasets/ds_1" });
  expect(answer.headers.allow).toBe("DELETE, GET, HEAD");
});
