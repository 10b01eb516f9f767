import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clip, Trajectory } from "@descent/contracts";
import { eventually } from "@descent/test/harness";
import Value from "typebox/value";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectProblem, openTestApp, type TestApp } from "./open-test-app.ts";
import { type Expected, refused } from "./refused.ts";

let api: TestApp;
beforeAll(async () => {
  api = await openTestApp();
});
afterAll(() => api.close());

const post = (payload: object | string) =>
  api.app.inject({
    method: "POST",
    url: "/v1/trajectories",
    headers: { "content-type": "application/json" },
    payload: typeof payload === "string" ? payload : JSON.stringify(payload),
  });
async function run(request: object): Promise<Trajectory> {
  const answer = await post(request);
  expect(answer.statusCode, answer.body.slice(0, 1000)).toBe(200);
  expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
  const trajectory: unknown = answer.json();
  expect(Value.Errors(Trajectory, trajectory)).toEqual([]);
  return trajectory as Trajectory;
}

/** A trajectory that a framework computed; some share their start and gradients (`problem`). */
interface Golden {
  name: string;
  rule: string;
  convention: string;
  hypers: Record<string, number | boolean>;
  precision: "float32" | "float64";
  problem?: string;
  start?: number[];
  gradients?: number[][];
  function?: "rosenbrock";
  steps?: number;
  recorded_steps?: number[];
  expected: number[][];
  bits?: "exact";
  clip?: Clip;
}
interface Shared {
  shape?: [rows: number, columns: number];
  start: number[];
  gradients: number[][];
  lr_factors?: number[];
}
const read = (file: string) => {
  const folder = new URL("../../../packages/optimizers/test/golden/", import.meta.url);
  return JSON.parse(readFileSync(new URL(file, folder), "utf8"));
};
const SHARED: Record<string, Shared> = read("problems.json");

/** Some of what PyTorch and Keras computed: vectors, matrices, rate drops, closed loops, clipping. */
function goldens(): Golden[] {
  const sparse = (cases: Golden[], most: number) =>
    cases.filter((_, index) => index % Math.ceil(cases.length / most) === 0);
  const mixed: Golden[] = read("trajectories.json").cases;
  return [
    ...sparse(read("torch.json").cases, 12),
    ...sparse(read("keras.json").cases, 12),
    ...sparse(
      mixed.filter(({ name }) => name.startsWith("torch/")),
      6,
    ),
    ...sparse(
      mixed.filter(({ name }) => name.startsWith("keras/")),
      6,
    ),
    ...mixed.filter(({ clip, convention }) => clip && convention === "keras"),
  ];
}

const nested = (values: number[], shape: Shared["shape"]) =>
  shape
    ? Array.from({ length: shape[0] }, (_, row) =>
        values.slice(row * shape[1], (row + 1) * shape[1]),
      )
    : values;

test.each(goldens())("$name over HTTP: the framework's numbers", async (golden) => {
  const { rule, convention, precision, hypers, clip, bits, expected } = golden;
  const problem: Partial<Shared> = golden.problem ? SHARED[golden.problem]! : {};
  const { shape, lr_factors, start, gradients } = { ...problem, ...golden };
  const { points } = await run({
    optimizer: { rule, convention, precision, ...hypers, ...(clip ? { clip } : {}) },
    start: nested(start!, shape),
    ...(gradients
      ? { gradients: gradients.map((each) => nested(each, shape)) }
      : { function: golden.function, steps: golden.steps }),
    ...(lr_factors ? { lr_factors } : {}),
  });
  const recorded = golden.recorded_steps ?? expected.map((_, index) => index + 1);
  const [relative, absolute] = precision === "float64" ? [1e-10, 1e-15] : [1e-3, 2e-6];
  for (const [index, step] of recorded.entries()) {
    const after = [points[step - 1]].flat(2) as number[];
    for (const [element, value] of expected[index]!.entries()) {
      if (bits === "exact") expect(after[element]).toBe(Math.fround(value));
      expect(Math.abs(after[element]! - value)).toBeLessThanOrEqual(
        relative * Math.abs(value) + absolute,
      );
    }
  }
});

/** Exact rational arithmetic for lr 1/1000 from the classic start (-1.2, 1): x, y, f(x, y). */
const ROSENBROCK = [
  [-0.9844, 1.088, 5.35291158000896],
  [-1.0272715665664, 1.064208672, 4.117789857067973],
  [-1.0268830682337082, 1.062424311895157, 4.114552150338376],
];

test("SGD descends Rosenbrock's function as exact arithmetic does", async () => {
  const { points, losses, diverged_at, optimizer } = await run({
    optimizer: { rule: "sgd", precision: "float64", lr: 0.001 },
    start: [-1.2, 1],
    function: "rosenbrock",
    steps: 3,
  });
  expect(diverged_at).toBeNull();
  expect(optimizer).toMatchObject({
    rule: "sgd",
    convention: "paper",
    precision: "float64",
    schedule: { type: "constant" },
    clip: null,
    lr: 0.001,
  });
  for (const [step, [x, y, loss]] of ROSENBROCK.entries()) {
    const [ourX, ourY] = points[step] as [number, number];
    expect(ourX / x!).toBeCloseTo(1, 13);
    expect(ourY / y!).toBeCloseTo(1, 13);
    expect(losses![step]! / loss!).toBeCloseTo(1, 13);
  }
});

test("a matrix, a number: the points have the shape of the start", async () => {
  const optimizer = { rule: "sgd", precision: "float64", lr: 0.5 };
  const matrix = await run({
    optimizer,
    start: [
      [1, 2],
      [3, 4],
    ],
    gradients: [
      [
        [1, 1],
        [2, 4],
      ],
    ],
  });
  expect(matrix.points).toEqual([
    [
      [0.5, 1.5],
      [2, 2],
    ],
  ]);
  const number = await run({ optimizer, start: 8, function: "quadratic", steps: 3 });
  expect(number.points).toEqual([4, 2, 1]); // x -= 0.5 x
  expect(number.losses).toEqual([8, 2, 0.5]);
});

test("schedule, lr_factors and clipping act as in a job", async () => {
  const { points, optimizer } = await run({
    optimizer: {
      rule: "sgd",
      precision: "float64",
      lr: 1,
      clip: { value: 2 },
      schedule: { type: "exponential", factor: 0.5 },
    },
    start: [0],
    gradients: [[1], [8], [1], [1]],
    lr_factors: [1, 1, 0, 1],
  });
  expect(points).toEqual([[-1], [-2], [-2], [-2.125]]);
  expect(optimizer).toMatchObject({
    clip: { value: 2 },
    schedule: { type: "exponential", factor: 0.5, per: "step" },
  });
  const linear = await run({
    optimizer: {
      rule: "sgd",
      precision: "float64",
      lr: 1,
      schedule: { type: "linear", floor: 0, warmup: { steps: 2 } },
    },
    start: 0,
    gradients: [1, 1, 1, 1, 1, 1],
  });
  // Warm-up 0, 1/2; then 1, 3/4, 1/2, 1/4 of the four steps that are left.
  expect(linear.points).toEqual([0, -0.5, -1.5, -2.25, -2.75, -3]);
});

test("a rule of the user's own typed from its paper goes where the built-in one goes", async () => {
  const text = `# AdaBelief: Zhuang et al. 2020
hyper lr = 0.001, beta1 = 0.9, beta2 = 0.999, eps = 1e-8
state m, s
m = beta1 * m + (1 - beta1) * g
s = beta2 * s + (1 - beta2) * (g - m)^2 + eps
m_hat = m / (1 - beta1^t)
s_hat = s / (1 - beta2^t)
w -= lr * m_hat / (sqrt(s_hat) + eps)`;
  const payload = { name: "typed_adabelief", text };
  const created = await api.app.inject({ method: "POST", url: "/v1/optimizers", payload });
  expect(created.statusCode, created.body).toBe(201);
  const descend = { start: [-1.2, 1], function: "rosenbrock", steps: 200 };
  const around = { precision: "float64", lr: 0.01 };
  const own = await run({ optimizer: { rule: "typed_adabelief", ...around }, ...descend });
  const builtIn = await run({ optimizer: { rule: "adabelief", ...around }, ...descend });
  expect(own.optimizer).toMatchObject({ convention: "custom", eps: 1e-8 });
  for (const [step, point] of (own.points as number[][]).entries())
    for (const [index, value] of point.entries())
      expect(value).toBeCloseTo((builtIn.points[step] as number[])[index]!, 12);
  expect(own.losses!.at(-1)).toBeLessThan(own.losses![0]!);
});

test("a trajectory that leaves the numbers says when", async () => {
  const { points, losses, diverged_at } = await run({
    optimizer: { rule: "sgd", precision: "float32", lr: 1e30 },
    start: [1, 1],
    function: "quadratic",
    steps: 3,
  });
  expect(diverged_at).toBe(2);
  expect(points.slice(1)).toEqual([
    [null, null],
    [null, null],
  ]);
  expect(losses!.slice(1)).toEqual([null, null]);
});

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

test("the document's examples of rules and trajectories work as they stand", async () => {
  const { paths } = (await api.app.inject("/openapi.json")).json();
  for (const url of ["/v1/optimizers", "/v1/trajectories"]) {
    const payload = paths[url].post.requestBody.content["application/json"].example;
    const answer = await api.app.inject({ method: "POST", url, payload });
    expect(answer.statusCode, answer.body).toBeLessThan(300);
  }
});
