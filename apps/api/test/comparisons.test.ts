import type { Comparison, Epoch, EpochRecord, JobSpec, OptimizerSpec } from "@descent/contracts";
import { claimJob, finishJob, recordEpochs } from "@descent/db";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectProblem, flowersJob, openTestApp, type TestApp, upload } from "./open-test-app.ts";

const ENGINE = { descent: "0", onnxruntime: "0", node: "0", platform: "test", cpu: "test" };
let api: TestApp;
let flowers: string;
beforeAll(async () => {
  api = await openTestApp();
  flowers = (await upload(api)).id;
});
afterAll(() => api.close());

const create = async (more: Partial<JobSpec>): Promise<string> => {
  const payload = flowersJob(flowers, more);
  return (await api.app.inject({ method: "POST", url: "/v1/jobs", payload })).json().id;
};
const compare = async (payload: object): Promise<Comparison> => {
  const answer = await api.app.inject({ method: "POST", url: "/v1/comparisons", payload });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
};

/** A job that ran: its epochs written as a worker writes them. */
async function trained(
  more: Partial<JobSpec>,
  epochs: EpochRecord[],
  outcome: "completed" | "diverged" = "completed",
): Promise<string> {
  const id = await create(more);
  const claim = await claimJob(api.parts.db, id, { workerId: "w", leaseSeconds: 60 });
  if (!claim) throw new Error("not claimable");
  if (epochs.length > 0) await recordEpochs(api.parts.db, claim, epochs);
  await finishJob(api.parts.db, claim, {
    outcome,
    result_hash: "h",
    engine: ENGINE,
    model_sha256: null,
  });
  return id;
}
const MEASURED = { train_loss: 0.5, lr: 0.1, grad_norm: 2, seconds: 0.25, samples_per_second: 40 };
const accuracies = (values: number[], seconds = 0.25): EpochRecord[] =>
  values.map((value, index) => ({
    epoch: index + 1,
    values: { ...MEASURED, val_accuracy: value, val_loss: 1 - value, seconds },
  }));
const sgd: OptimizerSpec = { rule: "sgd", lr: 0.1 };
const adam: OptimizerSpec = { rule: "adam", lr: 0.01 };

/** Numbers that no decimal shortcut hits: multiples of 1/7 with noise from a small generator. */
function someValues(seed: number, count: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  });
}

test("groups, order and every number, recomputed from /epochs", async () => {
  const tags = { study: "recomputed" };
  const runs: { id: string; rule: string }[] = [];
  for (let seed = 1; seed <= 3; seed++)
    for (const optimizer of [sgd, adam]) {
      const values = someValues(seed * 100 + (optimizer === sgd ? 1 : 50), 20);
      const id = await trained({ optimizer, seed, tags }, accuracies(values, 1 / 7));
      runs.push({ id, rule: optimizer.rule });
    }
  const target = 0.8;
  const answer = await compare({ filter: { tags }, metric: "val_accuracy", target });

  const expected = await Promise.all(
    ["sgd", "adam"].map(async (rule) => {
      const ids = runs.filter((run) => run.rule === rule).map(({ id }) => id);
      const curves = await Promise.all(ids.map((id) => allEpochs(id)));
      const best = curves.map((epochs) => Math.max(...epochs.map((each) => each.val_accuracy!)));
      const reached = curves.map((epochs) => epochs.find((each) => each.val_accuracy! >= target));
      const needed = reached
        .map((each) => each?.epoch ?? Number.POSITIVE_INFINITY)
        .sort((a, b) => a - b);
      return {
        key: { "optimizer.rule": rule },
        jobs: ids,
        best,
        median: Number.isFinite(needed[1]) ? needed[1] : null,
        reached: reached.filter(Boolean).length,
      };
    }),
  );
  const [first] = expected.toSorted((a, b) => sum(b.best) - sum(a.best));
  expect(answer.groups[0]?.key).toEqual(first?.key);
  expect(answer.ranking.map(({ key }) => key)).toEqual(answer.groups.map(({ key }) => key));
  for (const group of answer.groups) {
    const { best, jobs, median, reached } = expected.find(
      (each) => each.key["optimizer.rule"] === group.key["optimizer.rule"],
    )!;
    expect(group).toMatchObject({ n: 3, diverged: 0, jobs });
    expect(group.value.mean).toBe(exactMean(best));
    expect(group.value.min).toBe(Math.min(...best));
    expect(group.value.max).toBe(Math.max(...best));
    const mean = sum(best) / 3;
    const std = Math.sqrt(sum(best.map((value) => (value - mean) ** 2)) / 2);
    expect(group.value.std! / std).toBeCloseTo(1, 12);
    expect(group.epochs_to_target).toEqual({ median, reached });
  }
  expect(answer).toMatchObject({ direction: "maximize", select: "best", target, warnings: [] });
});

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);

/** (a + b + c) / 3 over whole multiples of 2^-60, rounded once by Number(): another way than the package's. */
function exactMean(values: number[]): number {
  const scale = 2 ** 60;
  const total = values.reduce((all, value) => all + BigInt(value * scale), 0n);
  return Number((total << 64n) / BigInt(values.length)) / 2 ** 64 / scale;
}

async function allEpochs(id: string): Promise<Epoch[]> {
  const first = (await api.app.inject(`/v1/jobs/${id}/epochs?limit=15`)).json();
  expect(first.data).toHaveLength(15);
  const rest = await api.app.inject(`/v1/jobs/${id}/epochs?cursor=${first.next_cursor}`);
  expect(rest.json().next_cursor).toBeNull();
  return [...first.data, ...rest.json().data];
}

test("seconds to target add up to the epoch that reached it; missed targets count", async () => {
  const tags = { study: "targets" };
  await trained({ tags, seed: 1 }, accuracies([0.5, 0.75, 1], 0.25));
  await trained({ tags, seed: 2 }, accuracies([0.75], 0.5));
  await trained({ tags, seed: 3 }, accuracies([0.5, 0.5], 0.125));
  const question = { filter: { tags }, metric: "val_accuracy", target: 0.75 };
  expect((await compare(question)).groups[0]).toMatchObject({
    epochs_to_target: { median: 2, reached: 2 },
    seconds_to_target: { median: 0.5, reached: 2 },
  });
  expect((await compare({ ...question, target: 0.9 })).groups[0]).toMatchObject({
    epochs_to_target: { median: null, reached: 1 },
  });
  const loss = await compare({ filter: { tags }, metric: "val_loss", target: 0.25 });
  expect(loss.direction).toBe("minimize");
  expect(loss.groups[0]).toMatchObject({
    value: { min: 0, max: 0.5 },
    epochs_to_target: { median: 2, reached: 2 },
  });
});

test("a diverged run counts with its best value; its last one is none", async () => {
  const tags = { study: "diverged" };
  const lost = { val_accuracy: Number.NaN, val_loss: Number.NaN };
  const nan: EpochRecord = { epoch: 2, values: { ...MEASURED, ...lost } };
  await trained({ tags }, [...accuracies([0.5]), nan], "diverged");
  await trained({ tags, seed: 2 }, [{ ...nan, epoch: 1 }], "diverged");
  const best = await compare({ filter: { tags }, metric: "val_accuracy" });
  expect(best.groups[0]).toMatchObject({ n: 2, diverged: 2, value: { mean: 0.5, std: null } });
  expect(best.groups[0]?.epochs_to_target).toBeNull();
  const last = await compare({ filter: { tags }, metric: "val_accuracy", select: "last" });
  expect(last.groups[0]).toMatchObject({ n: 2, diverged: 2, value: { mean: null } });
  expect(last.ranking).toEqual([]);
  const warning = last.warnings.find(({ code }) => code === "no_value");
  expect(warning?.message).toMatch(/2 of 2/);
  const { data } = (await api.app.inject(`/v1/jobs/${last.groups[0]?.jobs[0]}/epochs`)).json();
  expect(data[1]).toMatchObject({ val_loss: null, non_finite: { val_loss: "nan" } });
});

test("group_by any field; warnings name what would mislead", async () => {
  const tags = { study: "warned" };
  await trained(
    { tags: { ...tags, who: "a" }, optimizer: { rule: "sgd", lr: 0.1 } as OptimizerSpec },
    accuracies([0.75]),
  );
  await trained(
    { tags, optimizer: { rule: "sgd", lr: 0.2 } as OptimizerSpec, epochs: 5 },
    accuracies([0.5]),
  );
  await create({ tags, optimizer: adam, model: { layers: [{ type: "dense" }] } });
  const answer = await compare({
    filter: { tags },
    metric: "val_accuracy",
    group_by: [
      "optimizer.lr",
      "optimizer.rule",
      "tags.who",
      "dataset.target",
      "batch_size",
      "parameters",
    ],
  });
  expect(answer.groups.map(({ key }) => key)).toEqual([
    {
      "optimizer.lr": 0.1,
      "optimizer.rule": "sgd",
      "tags.who": "a",
      "dataset.target": "species",
      batch_size: 32,
      parameters: 27,
    },
    {
      "optimizer.lr": 0.2,
      "optimizer.rule": "sgd",
      "tags.who": null,
      "dataset.target": "species",
      batch_size: 32,
      parameters: 27,
    },
    {
      "optimizer.lr": 0.01,
      "optimizer.rule": "adam",
      "tags.who": null,
      "dataset.target": "species",
      batch_size: 32,
      parameters: 9,
    },
  ]);
  expect(answer.warnings.map(({ code }) => code)).toEqual([
    "fewer_than_three_seeds",
    "different_models",
    "unequal_epochs",
    "no_value",
    "unfinished_jobs",
  ]);
  const rates = await compare({
    filter: { tags, status: "finished" },
    metric: "val_accuracy",
    group_by: ["optimizer.lr"],
  });
  expect(rates.warnings.map(({ code }) => code)).toContain("best_at_edge_of_range");
});

test("group_by what stands around the rule", async () => {
  const tags = { study: "around" };
  const schedule = { type: "cosine" as const, warmup: { steps: 1 } };
  await trained(
    { tags, optimizer: { ...sgd, schedule, clip: { global_norm: 0.5 }, ema: { decay: 0.9 } } },
    accuracies([0.75]),
  );
  await trained({ tags, optimizer: { ...sgd, accumulate: 2 } }, accuracies([0.5]));
  const { groups } = await compare({
    filter: { tags },
    metric: "val_accuracy",
    group_by: [
      "optimizer.schedule.type",
      "optimizer.schedule.warmup.steps",
      "optimizer.clip.global_norm",
      "optimizer.ema.decay",
      "optimizer.accumulate",
    ],
  });
  const keys = groups.map(({ key }) => key);
  expect(keys).toEqual([
    {
      "optimizer.schedule.type": "cosine",
      "optimizer.schedule.warmup.steps": 1,
      "optimizer.clip.global_norm": 0.5,
      "optimizer.ema.decay": 0.9,
      "optimizer.accumulate": 1,
    },
    {
      "optimizer.schedule.type": "constant",
      "optimizer.schedule.warmup.steps": 0,
      "optimizer.clip.global_norm": null,
      "optimizer.ema.decay": null,
      "optimizer.accumulate": 2,
    },
  ]);
  // What is an object or a list is grouped by its JSON; what no run has is said.
  const whole = await compare({
    filter: { tags },
    metric: "val_accuracy",
    group_by: ["optimizer.clip", "optimizer.learning_rate"],
  });
  expect(whole.groups.map(({ key }) => key["optimizer.clip"])).toEqual([
    '{"global_norm":0.5}',
    null,
  ]);
  expect(whole.warnings).toContainEqual({
    code: "unknown_field",
    message: "none of the runs has the field optimizer.learning_rate",
    groups: [],
  });
});

test("jobs by name: all of them, or a refusal that names the missing", async () => {
  const [a, b] = [await trained({}, accuracies([0.5])), await trained({}, accuracies([0.75]))];
  const answer = await compare({ filter: { jobs: [a, b] }, metric: "val_accuracy" });
  expect(answer.groups[0]?.jobs).toEqual([a, b]);
  const filtered = { filter: { jobs: [a], status: "queued" }, metric: "val_accuracy" };
  expect((await compare(filtered)).groups).toEqual([]);
  const payload = { filter: { jobs: [a, "job_none"] }, metric: "val_accuracy" };
  const missing = await api.app.inject({ method: "POST", url: "/v1/comparisons", payload });
  expect(expectProblem(missing, 404, "job_not_found").errors).toMatchObject([
    { pointer: "/filter/jobs/1" },
  ]);
});

test("curves as JSON and as CSV, aligned, in the order asked for", async () => {
  const long = await trained({}, accuracies([0.25, 0.5, 0.75]));
  const short = await trained({}, [
    { epoch: 1, values: { val_accuracy: 0.125 } },
    { epoch: 2, values: { val_accuracy: Number.POSITIVE_INFINITY } },
  ]);
  const url = `/v1/comparisons/curves?jobs=${short},${long}&metric=val_accuracy`;
  const json = await api.app.inject(url);
  expect(json.headers["content-type"]).toMatch("application/json");
  expect(json.json()).toEqual({
    metric: "val_accuracy",
    epochs: [1, 2, 3],
    curves: [
      { job: short, values: [0.125, null, null] },
      { job: long, values: [0.25, 0.5, 0.75] },
    ],
  });
  const csv = await api.app.inject({ url, headers: { accept: "text/csv" } });
  expect(csv.headers["content-type"]).toBe("text/csv; charset=utf-8");
  expect(csv.body).toBe(`epoch,${short},${long}\r\n1,0.125,0.25\r\n2,,0.5\r\n3,,0.75\r\n`);
  const preferred = await api.app.inject({ url, headers: { accept: "text/csv;q=0.5, */*" } });
  expect(preferred.headers["content-type"]).toMatch("application/json");
});
