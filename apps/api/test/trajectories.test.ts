import { readFileSync } from "node:fs";
import type { Clip } from "@descent/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestApp, type TestApp } from "./open-test-app.ts";

import { trajectoriesOf } from "./trajectories-of.ts";

let api: TestApp;
beforeAll(async () => {
  api = await openTestApp();
});
afterAll(() => api.close());
const { run } = trajectoriesOf(() => api);

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

test("the document's examples of rules and trajectories work as they stand", async () => {
  const { paths } = (await api.app.inject("/openapi.json")).json();
  for (const url of ["/v1/optimizers", "/v1/trajectories"]) {
    const payload = paths[url].post.requestBody.content["application/json"].example;
    const answer = await api.app.inject({ method: "POST", url, payload });
    expect(answer.statusCode, answer.body).toBeLessThan(300);
  }
});
