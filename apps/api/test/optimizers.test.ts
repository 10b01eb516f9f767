import { CUSTOM, type Job, type Optimizer } from "@descent/contracts";
import { listRules } from "@descent/optimizers/catalogue";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { expectProblem, flowersJob, openTestApp, type TestApp, upload } from "./open-test-app.ts";
import { type Expected, refused } from "./refused.ts";

let api: TestApp;
let flowers: string;
beforeAll(async () => {
  api = await openTestApp();
  flowers = (await upload(api)).id;
});
afterAll(() => api.close());
beforeEach(async () => {
  await api.parts.db.pool.query("TRUNCATE jobs, optimizers, idempotency_keys CASCADE");
});

const TEXT = `# Heavy ball: Polyak 1964
hyper lr = 0.01 in (0, inf), momentum = 0.9 in [0, 1), maximize = false
state v

v = momentum * v + if(maximize, -g, g)
w -= lr * v
`;

const post = (payload: object, headers: Record<string, string> = {}) =>
  api.app.inject({ method: "POST", url: "/v1/optimizers", headers, payload });
const get = (url: string) => api.app.inject(url);
const remove = (rule: string) =>
  api.app.inject({ method: "DELETE", url: `/v1/optimizers/${rule}` });
const create = async (name: string, text = TEXT): Promise<Optimizer> => {
  const answer = await post({ name, text });
  expect(answer.statusCode, answer.body).toBe(201);
  return answer.json();
};
const postJob = (optimizer: Record<string, unknown> & { rule: string }, query = "") =>
  api.app.inject({
    method: "POST",
    url: `/v1/jobs${query}`,
    payload: flowersJob(flowers, { optimizer }),
  });

test("a rule of the user's own is answered as it was understood, and found again", async () => {
  const answer = await post({ name: "heavy_ball", text: TEXT });
  expect(answer.statusCode, answer.body).toBe(201);
  expect(answer.headers.location).toBe("/v1/optimizers/heavy_ball");
  const rule: Optimizer = answer.json();
  const range = { exclusive_minimum: false, exclusive_maximum: true };
  expect(rule).toEqual({
    rule: "heavy_ball",
    convention: "custom",
    title: "Heavy ball: Polyak 1964",
    text: TEXT,
    verified: null,
    created_at: expect.stringMatching(/^\d{4}-.*Z$/),
    hypers: [
      {
        name: "lr",
        kind: "number",
        default: 0.01,
        minimum: 0,
        exclusive_minimum: true,
        maximum: null,
        exclusive_maximum: true,
      },
      { name: "momentum", kind: "number", default: 0.9, minimum: 0, maximum: 1, ...range },
      expect.objectContaining({ name: "maximize", kind: "boolean", default: false }),
    ],
  });
  expect((await get("/v1/optimizers/heavy_ball")).json()).toEqual(rule);
  expect((await get("/v1/optimizers/heavy_ball?convention=custom")).json()).toEqual(rule);
});

test("a text is tried without creating anything", async () => {
  const url = "/v1/optimizers?validate_only=true";
  const tried = await api.app.inject({
    method: "POST",
    url,
    payload: { name: "later", text: TEXT },
  });
  expect(tried.statusCode, tried.body).toBe(200);
  expect(tried.json()).toMatchObject({ rule: "later", convention: "custom", created_at: null });
  expect((await get("/v1/optimizers/later")).statusCode).toBe(404);
  const broken = { name: "later", text: "hyper lr = 1\nw -=" };
  expectProblem(
    await api.app.inject({ method: "POST", url, payload: broken }),
    422,
    "invalid_optimizer",
  );
});

test("the same text again is the same rule, another text is not taken", async () => {
  const rule = await create("mine");
  for (const text of [TEXT, TEXT.replaceAll("\n", "\r\n"), `${TEXT}\n\n`]) {
    const again = await post({ name: "mine", text });
    expect(again.statusCode).toBe(200);
    expect(again.json()).toEqual(rule);
  }
  const other = expectProblem(
    await post({ name: "mine", text: `${TEXT}#` }),
    409,
    "optimizer_exists",
  );
  expect(other.detail).toMatch(/choose another name, or DELETE it/);
  const builtIn = expectProblem(await post({ name: "adam", text: TEXT }), 409, "optimizer_exists");
  expect(builtIn.detail).toMatch(/adam is built in/);
});

const BAD_TEXTS: [title: string, text: string, message: RegExp][] = [
  ["no rule at all", "let there be light", /^line 1, column 5: expected /],
  ["an unfinished line", "hyper lr = 0.1\nw -= lr * (g", /^line 2, column 13: expected "\)"/],
  ["an unknown name", "hyper lr = 0.1\nw -= lr * grad", /^line 2, column 11: unknown name "grad"/],
  ["no update", "hyper lr = 0.1\n", /^line 1, column 1: a rule updates "w"/],
  ["code", "hyper lr = 0.1\nw -= process.exit(1)", /^line 2, column \d+: /],
  [
    "a hyper with the name of a field",
    "hyper lr = 0.1,\n  groups = 1\nw -= lr * g",
    /^line \d, column \d+: /,
  ],
  ["a group's field", "hyper lr = 0.1, match = 1\nw -= lr * g", /^line 1, column 17: .*match/],
];
test.each(BAD_TEXTS)("refused with line and column: %s", async (_title, text, message) => {
  await refused(api, () => post({ name: "bad", text }), 422, "invalid_optimizer", [
    ["/text", message],
  ]);
});

const BAD_SHAPES: [title: string, body: object, faults: Expected[]][] = [
  ["no text", { name: "mine" }, [["/text", /required/]]],
  ["an empty text", { name: "mine", text: "" }, [["/text", /./]]],
  ["a long text", { name: "mine", text: "#".repeat(20_001) }, [["/text", /20000/]]],
  ["a NUL", { name: "mine", text: "#\u0000" }, [["/text", /NUL/]]],
  ["a capital", { name: "Mine", text: TEXT }, [["/name", /must match/]]],
  ["a path", { name: "../adam", text: TEXT }, [["/name", /must match/]]],
  ["__proto__", { name: "__proto__", text: TEXT }, [["/name", /must match/]]],
  ["more", { name: "mine", text: TEXT, convention: "x" }, [["/convention", /not a field/]]],
];
test.each(BAD_SHAPES)("refused for its shape: %s", async (_title, body, faults) => {
  await refused(api, () => post(body), 400, "invalid_request", faults);
});

test("an Idempotency-Key creates one rule, and belongs to its route", async () => {
  const headers = { "idempotency-key": "rule-1" };
  const send = (name: string) => post({ name, text: TEXT }, headers);
  const answers = await Promise.all(Array.from({ length: 5 }, () => send("once")));
  expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([201]));
  expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
  expectProblem(await send("twice"), 422, "idempotency_key_reused");
  const payload = flowersJob(flowers);
  const job = await api.app.inject({ method: "POST", url: "/v1/jobs", headers, payload });
  expectProblem(job, 422, "idempotency_key_reused");
});

test("the list: built-in rules in their order, then users' own by name, a page at a time", async () => {
  for (const name of ["b_rule", "c_rule", "a_rule"]) await create(name);
  const names = ({ rule, convention }: Pick<Optimizer, "rule" | "convention">) =>
    `${convention}/${rule}`;
  const all = [...listRules().map(names), "custom/a_rule", "custom/b_rule", "custom/c_rule"];
  const whole = (await get("/v1/optimizers")).json();
  expect(whole.data.map(names)).toEqual(all);
  expect(whole.next_cursor).toBeNull();
  const adam = whole.data.find((each: Optimizer) => names(each) === "torch/adam");
  expect(adam).toMatchObject({ created_at: null, text: expect.stringContaining("beta1") });

  for (const limit of [1, 4, all.length - 2, all.length - 1, all.length]) {
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const answer: { data: Optimizer[]; next_cursor: string | null } = (
        await get(`/v1/optimizers?limit=${limit}${cursor && `&cursor=${cursor}`}`)
      ).json();
      expect(answer.data.length).toBeLessThanOrEqual(limit);
      seen.push(...answer.data.map(names));
      cursor = answer.next_cursor;
    }
    expect(seen).toEqual(all);
  }
  const filtered = async (query: string) =>
    (await get(`/v1/optimizers?${query}`)).json().data.map(names);
  expect(await filtered("rule=b_rule")).toEqual(["custom/b_rule"]);
  expect(await filtered(`convention=${CUSTOM}&limit=2`)).toEqual([
    "custom/a_rule",
    "custom/b_rule",
  ]);
  expect(await filtered("rule=adam&convention=torch")).toEqual(["torch/adam"]);
  expect(await filtered("rule=adam")).toEqual(all.filter((each) => each.endsWith("/adam")));
  expect(await filtered("rule=nobody")).toEqual([]);
  const bad = [Buffer.from('["nobody","paper"]').toString("base64url"), "x"];
  for (const cursor of bad)
    expectProblem(await get(`/v1/optimizers?cursor=${cursor}`), 400, "invalid_cursor");
});

test("one rule: in paper where it has that, with its text, and what there is instead of what there is not", async () => {
  const adam = (await get("/v1/optimizers/adam")).json();
  expect(adam.convention).toBe("paper");
  expect(adam.text).toMatch(/Kingma/);
  expect(adam.hypers).toContainEqual({
    name: "beta1",
    kind: "number",
    default: 0.9,
    minimum: 0,
    exclusive_minimum: false,
    maximum: 1,
    exclusive_maximum: true,
  });
  expect((await get("/v1/optimizers/adam?convention=torch")).json().convention).toBe("torch");
  await create("mine");
  const fault = async (path: string) => {
    const problem = expectProblem(await get(`/v1/optimizers/${path}`), 404, "optimizer_not_found");
    expect(problem.errors).toHaveLength(1);
    return problem.errors[0];
  };
  expect(await fault("nobody")).toMatchObject({
    pointer: "/path/rule",
    allowed: expect.arrayContaining(["adam", "sgd"]),
  });
  expect(await fault("adam?convention=custom")).toMatchObject({
    pointer: "/query/convention",
    allowed: expect.arrayContaining(["paper", "torch"]),
  });
  expect(await fault("mine?convention=torch")).toMatchObject({
    pointer: "/query/convention",
    allowed: ["custom"],
    message: expect.stringContaining("torch"),
  });
});

test("a job runs a rule of the user's own with the text as it was; then the rule stays", async () => {
  await create("mine");
  const answer = await postJob({ rule: "mine", convention: "custom", momentum: 0.5 });
  expect(answer.statusCode, answer.body).toBe(202);
  const job: Job = answer.json();
  expect(job.resolved.rule_text).toBe(TEXT);
  expect(job.resolved.optimizer).toMatchObject({
    rule: "mine",
    convention: "custom",
    lr: 0.01,
    momentum: 0.5,
    maximize: false,
  });
  // No built-in rule has the name, so the convention may be left out.
  const other: Job = (await postJob({ rule: "mine" })).json();
  expect(other.resolved.optimizer.convention).toBe("custom");
  const builtIn: Job = (await postJob({ rule: "adam" })).json();
  expect(builtIn.resolved.rule_text).toBeNull();

  const listed = (await get("/v1/jobs?rule=mine")).json().data;
  expect(listed.map(({ id }: Job) => id).sort()).toEqual([job.id, other.id].sort());
  const inUse = expectProblem(await remove("mine"), 409, "optimizer_in_use");
  expect(inUse.detail).toMatch(/mine/);
  expect((await get("/v1/optimizers/mine")).statusCode).toBe(200);
});

test("what a rule of the user's own does not have, a job cannot set", async () => {
  await create("mine");
  const faults = async (optimizer: Record<string, unknown> & { rule: string }) =>
    expectProblem(await postJob(optimizer), 422, "invalid_job").errors;
  expect(await faults({ rule: "mine", beta1: 0.9 })).toMatchObject([
    { pointer: "/optimizer/beta1", allowed: ["lr", "momentum", "maximize"] },
  ]);
  expect(await faults({ rule: "mine", momentum: 1 })).toMatchObject([
    { pointer: "/optimizer/momentum", message: expect.stringContaining("[0, 1)") },
  ]);
  expect(await faults({ rule: "theirs", convention: "custom" })).toMatchObject([
    { pointer: "/optimizer/rule" },
  ]);
});

test("deleting: a rule of the user's own that no job used, and nothing else", async () => {
  await create("mine");
  expect((await postJob({ rule: "mine" }, "?validate_only=true")).statusCode).toBe(200);
  expect((await remove("mine")).statusCode).toBe(204);
  expectProblem(await remove("mine"), 404, "optimizer_not_found");
  expectProblem(await get("/v1/optimizers/mine"), 404, "optimizer_not_found");
  expect((await create("mine", TEXT.replace("0.9", "0.8"))).hypers[1]?.default).toBe(0.8);
  const builtIn = await remove("adam");
  expect(expectProblem(builtIn, 405, "method_not_allowed").detail).toMatch(/built in/);
  expect(builtIn.headers.allow).toBe("GET");
});
