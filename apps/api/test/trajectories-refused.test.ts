import { once } from "node:events";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { eventually } from "@descent/test/harness";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectProblem, openTestApp, type TestApp } from "./open-test-app.ts";
import { type Expected, refused } from "./refused.ts";

import { trajectoriesOf } from "./trajectories-of.ts";

let api: TestApp;
beforeAll(async () => {
  api = await openTestApp();
});
afterAll(() => api.close());
const { post, run } = trajectoriesOf(() => api);

const sgd = { rule: "sgd" };
const line = (more: object) => ({ optimizer: sgd, start: [1, 1], function: "booth", ...more });
const FAULTS: [title: string, body: object, faults: Expected[]][] = [
  ["neither gradients nor a function", { optimizer: sgd, start: 1 }, [["/gradients", /either/]]],
  ["both", line({ gradients: [[1, 1]] }), [["/function", /beside gradients/]]],
  [
    "steps beside gradients",
    { optimizer: sgd, start: 1, gradients: [1, 2], steps: 2 },
    [["/steps", /2 gradients/]],
  ],
  [
    "a ragged start",
    line({
      start: [
        [1, 2, 3],
        [4, 5],
      ],
    }),
    [["/start/1/2", /missing/]],
  ],
  ["an empty start", line({ start: [] }), [["/start", /at least one/]]],
  ["a deep start", line({ start: [[[[[[[[[1]]]]]]]]] }), [["/start", /8 arrays/]]],
  [
    "gradients of another shape",
    { optimizer: sgd, start: [1, 2], gradients: [[1, 2], [1], [1, 2, 3], 4] },
    [
      ["/gradients/1/1", /missing/],
      ["/gradients/2/2", /too many/],
      ["/gradients/3", /array of 2/],
    ],
  ],
  [
    "what is no number",
    {
      optimizer: sgd,
      start: [1, 2],
      gradients: [
        [1, "2"],
        [null, 1],
      ],
    },
    [
      ["/gradients/0/1", /number/],
      ["/gradients/1/0", /number/],
    ],
  ],
  ["a function of another dimension", line({ start: [1, 2, 3] }), [["/start", /booth takes 2/]]],
  [
    "Rosenbrock's function of one number",
    line({ start: 1, function: "rosenbrock" }),
    [["/start", /at least 2/]],
  ],
  [
    "lr_factors of another length",
    line({ steps: 5, lr_factors: [1, 1, 1] }),
    [["/lr_factors", /3 factors.*5 steps/]],
  ],
  [
    "more than the answer may hold",
    line({ start: new Array(21).fill(0), function: "rastrigin", steps: 100_000 }),
    [["/steps", /2100000.*2000000/]],
  ],
  [
    "a plateau",
    line({ optimizer: { rule: "sgd", schedule: { type: "plateau" } } }),
    [["/optimizer/schedule/type", /metric/, expect.arrayContaining(["cosine", "constant"])]],
  ],
  [
    "epochs",
    line({ optimizer: { rule: "sgd", schedule: { type: "linear", per: "epoch" } } }),
    [["/optimizer/schedule/per", /epochs/, ["step"]]],
  ],
  [
    "a warm-up longer than everything",
    line({ optimizer: { rule: "sgd", schedule: { type: "linear", warmup: { steps: 100 } } } }),
    [["/optimizer/schedule/warmup/steps", /100/]],
  ],
  [
    "an unknown rule, and everything else that is wrong",
    line({ optimizer: { rule: "magic" }, start: [1], lr_factors: [1] }),
    [
      ["/optimizer/rule", /magic/],
      ["/start", /booth/],
      ["/lr_factors", /100 steps/],
    ],
  ],
  [
    "hypers",
    line({ optimizer: { rule: "adam", beta1: 1, beta3: 0, accumulate: 2 } }),
    [
      ["/optimizer/beta1", /\[0, 1\)/],
      ["/optimizer/beta3", /beta3/],
      ["/optimizer/accumulate", /accumulate/],
    ],
  ],
];
test.each(FAULTS)("refused: %s", async (_title, body, faults) => {
  await refused(api, () => post(body), 422, "invalid_trajectory", faults);
});

test("refused for its shape: an unknown function, a text as start, infinity", async () => {
  const shape = (body: object | string, faults: Expected[]) =>
    refused(api, () => post(body), 400, "invalid_request", faults);
  await shape(line({ function: "sphere" }), [
    ["/function", /accepted/, expect.arrayContaining(["booth"])],
  ]);
  await shape(line({ start: "1" }), [["/start", /must be a number or an array/]]);
  await shape(line({ steps: 0 }), [["/steps", />= 1/]]);
  const infinite = JSON.stringify(line({})).replace("[1,1]", "[1,1e999]");
  await refused(api, () => post(infinite), 422, "invalid_trajectory", [["/start/1", /finite/]]);
});

test("a body of some megabytes is taken, one of more than 16 MiB is not", async () => {
  const gradients = Array.from({ length: 1000 }, () => new Array<number>(1000).fill(0.125));
  const start = new Array<number>(1000).fill(1);
  const body = { optimizer: { rule: "sgd", lr: 1 }, start, gradients };
  expect(JSON.stringify(body).length).toBeGreaterThan(5 * 2 ** 20);
  const { points } = await run(body);
  expect(points).toHaveLength(1000);
  expect((points[7] as number[])[999]).toBe(0);
  const padded = `${" ".repeat(16 * 2 ** 20)}${JSON.stringify(body)}`;
  expect(expectProblem(await post(padded), 413, "body_too_large").detail).toMatch(/16 MiB/);
});

test("lists and fields without end are refused before they are looked at", async () => {
  const most = (pointer: string): Expected[] => [[pointer, /at most/]];
  const many = <T>(value: T) => new Array<T>(600_000).fill(value);
  const base = { optimizer: { rule: "sgd", lr: 1 }, start: 1 };
  const hypers = Object.fromEntries(many("x").map((value, i) => [`h${i}`, value]));
  const bodies: [object, string][] = [
    [{ ...base, gradients: many("x") }, "/gradients"],
    [{ ...base, gradients: [1], lr_factors: many("x") }, "/lr_factors"],
    [{ ...base, optimizer: { ...hypers, rule: "sgd" }, gradients: [1] }, "/optimizer"],
  ];
  for (const [body, pointer] of bodies)
    await refused(api, () => post(body), 400, "invalid_request", most(pointer));
});

const LONG = {
  optimizer: { rule: "adam" },
  start: new Array<number>(20).fill(1),
  function: "rastrigin",
  steps: 100_000,
};

test("a hundred thousand wrong gradients are named up to a bound", async () => {
  const gradients = new Array(100_000).fill([null]);
  const answer = await post({ optimizer: { rule: "sgd" }, start: [1], gradients });
  const { errors } = expectProblem(answer, 422, "invalid_trajectory");
  expect(errors).toHaveLength(100);
});

test("a long one holds nobody up, and too many are told to come back", async () => {
  const long = run(LONG);
  let running = true;
  void long.finally(() => {
    running = false;
  });
  expect((await api.app.inject("/healthz")).statusCode).toBe(200);
  expect(running).toBe(true);
  expect((await long).points).toHaveLength(100_000);

  const medium = { ...LONG, steps: 5000 };
  const answers = await Promise.all(Array.from({ length: 14 }, () => post(medium)));
  const refusals = answers.filter(({ statusCode }) => statusCode !== 200);
  expect(refusals.length).toBeGreaterThan(0);
  expect(refusals.length).toBeLessThan(10);
  for (const refusal of refusals) {
    expectProblem(refusal, 503, "unavailable");
    expect(refusal.headers["retry-after"]).toBe("2");
  }
});

test("clients that go away are given up: others have their place", async () => {
  const other = await openTestApp();
  const { rules } = other.parts;
  const signals: AbortSignal[] = [];
  other.parts.rules = {
    ...rules,
    run: (task, signal) => {
      if (task.steps === LONG.steps && signal) signals.push(signal);
      return rules.run(task, signal);
    },
  };
  await other.app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = other.app.server.address() as AddressInfo;
  const address = { port, method: "POST", path: "/v1/trajectories", agent: false as const };
  const send = (body: object) => {
    const headers = { "content-type": "application/json" };
    return request({ ...address, headers }).end(JSON.stringify(body));
  };
  const status = async () => {
    const sent = send(line({ steps: 1 }));
    const [answer] = await once(sent, "response");
    answer.resume();
    return answer.statusCode;
  };
  // More than have their place: one runs, eight wait, and there is no room until they are given up.
  const leaving = Array.from({ length: 20 }, () => send(LONG).on("error", () => {}));
  await eventually(async () => (await status()) === 503);
  const left = performance.now();
  for (const each of leaving) each.destroy();
  await eventually(async () => (await status()) === 200);
  await eventually(async () => signals.every(({ aborted }) => aborted));
  expect(performance.now() - left).toBeLessThan(10_000); // a thread that nobody waits for is stopped at 20 s
  expect(signals.length).toBeGreaterThan(8);
  await other.close();
});
