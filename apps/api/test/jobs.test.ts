import type { Job, JobSpec, OptimizerSpec } from "@descent/contracts";
import { claimJob, finishJob } from "@descent/db";
import { consume } from "@descent/queue";
import { eventually, queueLocation, testQueues } from "@descent/test/harness";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  countRows,
  expectProblem,
  flowersJob,
  openTestApp,
  type TestApp,
  upload,
} from "./open-test-app.ts";

const ENGINE = { descent: "0", onnxruntime: "0", node: "0", platform: "test", cpu: "test" };

describe.each(testQueues())("on $name", (backend) => {
  let api: TestApp;
  let flowers: string;
  beforeAll(async () => {
    api = await openTestApp({}, backend);
    flowers = (await upload(api)).id;
  });
  afterAll(() => api.close());

  const post = (body: object, headers: Record<string, string> = {}, query = "") =>
    api.app.inject({ method: "POST", url: `/v1/jobs${query}`, headers, payload: body });
  const create = async (more: Partial<JobSpec> = {}): Promise<Job> => {
    const answer = await post(flowersJob(flowers, more));
    expect(answer.statusCode, answer.body).toBe(202);
    return answer.json();
  };
  const get = async (url: string) => (await api.app.inject(url)).json();
  const cancel = (id: string) => api.app.inject({ method: "POST", url: `/v1/jobs/${id}/cancel` });
  const finish = async (id: string) => {
    const claim = await claimJob(api.parts.db, id, { workerId: "w", leaseSeconds: 60 });
    if (!claim) throw new Error("not claimable");
    const result = { outcome: "completed" as const, result_hash: "h", engine: ENGINE };
    await finishJob(api.parts.db, claim, { ...result, model_sha256: null });
  };

  test("a job is recorded, answered with every value that will run, and delivered", async () => {
    const optimizer: OptimizerSpec = { rule: "adam", convention: "torch", lr: 0.01 };
    const spec = { ...flowersJob(flowers), optimizer, name: "first", tags: { experiment: "one" } };
    const answer = await post(spec);
    expect(answer.statusCode).toBe(202);
    const job: Job = answer.json();
    expect(answer.headers.location).toBe(`/v1/jobs/${job.id}`);
    expect(job).toMatchObject({
      name: "first",
      status: "queued",
      outcome: null,
      spec,
      parameters: 2 * 4 + 4 + (4 * 3 + 3),
      progress: { epoch: 0, epochs: 3, fraction: 0 },
      tags: { experiment: "one" },
      warnings: [],
    });
    expect(job.resolved).toMatchObject({
      dataset: {
        id: flowers,
        target: "species",
        features: ["length", "width"],
        validation_fraction: 0.2,
        split_seed: 0,
        scaling: "standardize",
        target_scaling: "none",
      },
      model: {
        layers: [
          { type: "dense", units: 4, activation: "relu" },
          { type: "dense", units: 3, activation: "none" },
        ],
        initialisation: "glorot_uniform",
      },
      loss: "cross_entropy",
      optimizer: {
        rule: "adam",
        convention: "torch",
        precision: "float32",
        lr: 0.01,
        beta1: 0.9,
        beta2: 0.999,
      },
      epochs: 3,
      batch_size: 32,
      seed: 1,
      stop: {},
    });
    expect(await get(`/v1/jobs/${job.id}`)).toEqual(job);

    const heard: string[] = [];
    const consumer = await consume(
      queueLocation(backend, api.database),
      { concurrency: 1, onError: () => {} },
      async (jobId) => {
        heard.push(jobId);
      },
    );
    await eventually(async () => heard.includes(job.id));
    await consumer.close();
  });

  test("any text that is Unicode comes back as it was sent", async () => {
    const name = 'sé\u{1f600}"\\ud800\\\\ud800</script>\u2028';
    expect((await create({ name, tags: { name } })).name).toBe(name);
    const escaped = JSON.stringify(flowersJob(flowers, { name: "NAME" })).replace(
      "NAME",
      "\\ud83d\\ude00",
    );
    const headers = { "content-type": "application/json" };
    const answer = await api.app.inject({
      method: "POST",
      url: "/v1/jobs",
      headers,
      payload: escaped,
    });
    expect(answer.json().name).toBe("\u{1f600}");
  });

  test("a seed is drawn and echoed where none is sent", async () => {
    const { seed: _, ...spec } = flowersJob(flowers);
    const jobs = await Promise.all([post(spec), post(spec)]);
    const seeds = jobs.map((each) => (each.json() as Job).resolved.seed);
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)).toBe(true);
    expect(seeds[0]).not.toBe(seeds[1]);
  });

  test("validate_only answers what would run and creates nothing", async () => {
    const before = await countRows(api);
    const answer = await post(
      flowersJob(flowers),
      { "idempotency-key": "validated" },
      "?validate_only=true",
    );
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ valid: true, parameters: 27, warnings: [] });
    expect(await countRows(api)).toEqual(before);
    expectProblem(
      await post(flowersJob(flowers), {}, "?validate_only=yes"),
      400,
      "invalid_request",
    );
  });

  test("an Idempotency-Key creates one job, even from ten requests at once", async () => {
    const before = await countRows(api);
    const { seed: _, ...spec } = flowersJob(flowers);
    const send = (body: object) => post(body, { "idempotency-key": "key-1" });
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(spec)));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    await cancel(answers[0]?.json().id);
    expect((await send(spec)).body).toBe(answers[0]?.body); // the first answer, not the job's state
    const reused = expectProblem(await send({ ...spec, epochs: 4 }), 422, "idempotency_key_reused");
    expect(reused.detail).toMatch(/fresh key/);
    const after = await countRows(api);
    expect(after).toEqual({ ...before, jobs: before.jobs! + 1, keys: before.keys! + 1 });
    const spaced = await post(spec, { "idempotency-key": "a b" });
    expect(expectProblem(spaced, 400, "invalid_request").errors[0]?.pointer).toBe(
      "/headers/idempotency-key",
    );
  });

  test("lists page by cursor without gaps or doubles, and filter", async () => {
    const mine: string[] = [];
    for (let index = 0; index < 7; index++) {
      const rule = index % 2 === 0 ? "sgd" : "adam";
      const tags = { list: "mine", "a.b": String(index) };
      mine.push((await create({ optimizer: { rule }, tags })).id);
    }
    const seen: string[] = [];
    let url = "/v1/jobs?tag.list=mine&limit=3";
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page = await get(cursor === "" ? url : `${url}&cursor=${cursor}`);
      expect(page.data.length).toBeLessThanOrEqual(3);
      seen.push(...page.data.map(({ id }: Job) => id));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(mine.toReversed());
    const ids = async (query: string) =>
      (await get(`/v1/jobs?tag.list=mine&${query}`)).data.map(({ id }: Job) => id);
    expect(await ids("sort=created_at")).toEqual(mine);
    expect(await ids("rule=adam&sort=created_at")).toEqual([mine[1], mine[3], mine[5]]);
    expect(await ids("tag.a.b=4")).toEqual([mine[4]]);
    expect(await ids("dataset=ds_other")).toEqual([]);
    await cancel(mine[2]!);
    expect(await ids("status=cancelled")).toEqual([mine[2]]);
    url = "/v1/jobs?tag.list=nobody";
    expect(await get(url)).toEqual({ data: [], next_cursor: null });
  });

  test("a queued job is cancelled at once, and only once", async () => {
    const { id } = await create();
    const answer = await cancel(id);
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ status: "cancelled", cancel_requested: true });
    expect(expectProblem(await cancel(id), 409, "job_already_ended").detail).toMatch(/cancelled/);
  });

  test("a running job is asked to stop; a finished one is not", async () => {
    const { id } = await create();
    await claimJob(api.parts.db, id, { workerId: "w", leaseSeconds: 60 });
    const answer = await cancel(id);
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ status: "running", cancel_requested: true });

    const other = await create();
    await finish(other.id);
    expectProblem(await cancel(other.id), 409, "job_already_ended");
  });

  test("wait answers when the job ends, and at once when it has", async () => {
    const { id } = await create();
    const waiting = get(`/v1/jobs/${id}?wait=60`);
    await finish(id);
    expect(await waiting).toMatchObject({ id, status: "finished", outcome: "completed" });
    expect(await get(`/v1/jobs/${id}?wait=60`)).toMatchObject({ status: "finished" });
  });

  test("wait answers a job that has not ended as it is then", async () => {
    const { id } = await create();
    expect(await get(`/v1/jobs/${id}?wait=0.1`)).toMatchObject({ status: "queued" });
  });

  test("a data set with unfinished jobs stays", async () => {
    const dataset = await upload(api);
    const answer = await post(flowersJob(dataset.id));
    const remove = () => api.app.inject({ method: "DELETE", url: `/v1/datasets/${dataset.id}` });
    expectProblem(await remove(), 409, "dataset_in_use");
    await cancel(answer.json().id);
    expect((await remove()).statusCode).toBe(204);
    expectProblem(await remove(), 404, "dataset_not_found");
    const refused = expectProblem(await post(flowersJob(dataset.id)), 422, "invalid_job");
    expect(refused.errors[0]?.pointer).toBe("/dataset/id");
  });
});

test("a queue that is gone costs no job: it is recorded, and the sweeper will deliver it", async () => {
  const api = await openTestApp();
  const { id } = await upload(api);
  await api.parts.queue.close();
  const payload = flowersJob(id);
  const answer = await api.app.inject({ method: "POST", url: "/v1/jobs", payload });
  expect(answer.statusCode, answer.body).toBe(202);
  expect(answer.json()).toMatchObject({ status: "queued", attempt: 0 });
  expectProblem(await api.app.inject("/readyz"), 503, "unavailable");
  await api.close();
});
