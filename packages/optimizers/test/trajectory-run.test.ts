import type { Clip, ResolvedSchedule, Trajectory } from "@descent/contracts";
import { expect, test } from "vitest";
import { findRule } from "../src/catalogue.ts";
import {
  createRuleThreads,
  RuleThreadsBusy,
  type TrajectoryTask,
} from "../src/trajectory/index.ts";
import { runTrajectory } from "../src/trajectory/run-trajectory.ts";
import { tryRule } from "../src/trajectory/try-rule.ts";

const CONSTANT: ResolvedSchedule = { type: "constant", per: "step", warmup: { steps: 0, from: 0 } };

/** Plain SGD in doubles from a vector; what a test says differs. */
function task(
  more: Partial<Omit<TrajectoryTask, "optimizer">> & {
    at?: number[];
    optimizer?: Partial<TrajectoryTask["optimizer"]>;
  } = {},
): TrajectoryTask {
  const { at = [1, -2], optimizer = {}, ...rest } = more;
  return {
    text: findRule("sgd", "paper")!.text,
    start: { shape: [at.length], values: Float64Array.from(at) },
    steps: 3,
    gradients: "quadratic",
    lrFactors: null,
    ...rest,
    optimizer: {
      rule: "sgd",
      convention: "paper",
      precision: "float64",
      schedule: CONSTANT,
      clip: null,
      hypers: { lr: 0.5 },
      ...optimizer,
    },
  };
}

/** Exact rational arithmetic (Python's fractions) for lr 1/1000 from the classic start (-1.2, 1). */
const ROSENBROCK = [
  [-0.9844, 1.088, 5.35291158000896],
  [-1.0272715665664, 1.064208672, 4.117789857067973],
  [-1.0268830682337082, 1.062424311895157, 4.114552150338376],
];

test("SGD on Rosenbrock's function takes the steps that exact arithmetic takes", () => {
  const start = { at: [-1.2, 1], gradients: "rosenbrock" as const };
  const { points, losses, diverged_at } = runTrajectory(
    task({ ...start, optimizer: { hypers: { lr: 0.001 } } }),
  );
  expect(diverged_at).toBeNull();
  for (const [step, [x, y, loss]] of ROSENBROCK.entries()) {
    const [ourX, ourY] = points[step] as [number, number];
    for (const [ours, exact] of [
      [ourX, x],
      [ourY, y],
      [losses?.[step], loss],
    ] as [number, number][])
      expect(Math.abs(ours / exact - 1)).toBeLessThan(1e-14);
  }
});

test("in float32, the gradient is computed in doubles at the float32 point and rounded once", () => {
  const { points, losses } = runTrajectory(
    task({ at: [0.1, 0.7], steps: 1, optimizer: { precision: "float32", hypers: { lr: 0.3 } } }),
  );
  const f = Math.fround;
  const [a, b] = [f(0.1), f(0.7)];
  const after = [f(a - f(f(0.3) * f(a))), f(b - f(f(0.3) * f(2 * b)))];
  expect(points).toEqual([after]);
  expect(losses).toEqual([(after[0]! ** 2 + 2 * after[1]! ** 2) / 2]);
});

test("given gradients are taken in order, in the shape of the start", () => {
  const { points, losses } = runTrajectory(
    task({
      start: { shape: [2, 1], values: Float64Array.of(1, -2) },
      gradients: Float64Array.of(1, 2, 4, -8),
      steps: 2,
    }),
  );
  expect(points).toEqual([
    [[0.5], [-3]],
    [[-1.5], [1]],
  ]);
  expect(losses).toBeNull();
});

test("a schedule and lr_factors both act", () => {
  const schedule = { ...CONSTANT, type: "exponential" as const, factor: 0.5 };
  const gradients = Float64Array.of(1, 1, 1);
  const { points, optimizer } = runTrajectory(
    task({ at: [0], gradients, lrFactors: [1, 0, 0.5], optimizer: { schedule } }),
  );
  expect(points).toEqual([[-0.5], [-0.5], [-0.5625]]); // lr 0.5, then 0, then 0.5 * 0.25 * 0.5
  expect(optimizer).toEqual({
    rule: "sgd",
    convention: "paper",
    precision: "float64",
    schedule,
    clip: null,
    lr: 0.5,
  });
});

/** PyTorch's clip_grad_norm_ leaves (0.59999988, 0.79999984) of (3, 4) at 1, everybody else (0.6, 0.8). */
test.each<[string, Clip, [number, number]]>([
  ["paper", { global_norm: 1 }, [0.6, 0.8]],
  ["keras", { norm: 1 }, [0.6, 0.8]],
  ["torch", { norm: 1 }, [0.59999988, 0.79999984]],
  ["torch", { global_norm: 10 }, [3, 4]],
  ["torch", { value: 3.5 }, [3, 3.5]],
  ["paper", { value: 0.25 }, [0.25, 0.25]],
])("%s clips (3, 4) with %j to %j", (convention, clip, [x, y]) => {
  const { points } = runTrajectory(
    task({
      at: [0, 0],
      gradients: Float64Array.of(3, 4),
      steps: 1,
      optimizer: { convention, clip, hypers: { lr: 1 } },
    }),
  );
  const [ourX, ourY] = points[0] as [number, number];
  expect(ourX).toBeCloseTo(-x, 8);
  expect(ourY).toBeCloseTo(-y, 8);
});

test("what is not finite is null, from the step that is named", () => {
  const { points, losses, diverged_at } = runTrajectory(
    task({ at: [1, 1], optimizer: { hypers: { lr: 1e200 } } }),
  );
  expect(points[0]).toEqual([-1e200, -2e200]);
  expect(losses?.[0]).toBeNull(); // the value overflows before the point does
  expect(points.slice(1)).toEqual([
    [null, null],
    [null, null],
  ]);
  expect(losses).toEqual([null, null, null]);
  expect(diverged_at).toBe(2);
});

test("threads run the same, give way to others, say when too many wait, and stop when told", async () => {
  const threads = createRuleThreads({ threads: 1 });
  const decode = (json: Uint8Array): Trajectory => JSON.parse(new TextDecoder().decode(json));
  expect(decode(await threads.run(task()))).toEqual(runTrajectory(task()));

  let turns = 0;
  const turning = setInterval(() => {
    turns += 1;
  }, 1);
  const long = () => task({ at: new Array(20).fill(1), steps: 100_000 });
  const { points } = decode(await threads.run(long()));
  clearInterval(turning);
  expect(points).toHaveLength(100_000);
  expect(turns).toBeGreaterThan(5);

  const abort = new AbortController();
  const stopped = threads.run(long(), abort.signal).then((json) => json.length);
  setTimeout(() => abort.abort(), 20);
  await expect(stopped).rejects.toThrow(/abort/i);

  const all = await Promise.allSettled(Array.from({ length: 20 }, () => threads.run(task())));
  const refused = all.filter((each) => each.status === "rejected");
  expect(refused.length).toBeGreaterThan(5);
  for (const { reason } of refused) expect(reason).toBeInstanceOf(RuleThreadsBusy);
  expect(all.length - refused.length).toBeGreaterThan(5);
  await threads.close();
});

test("a rule that cannot be used is refused with line, column and what was expected", async () => {
  const threads = createRuleThreads({ threads: 1 });
  const tried = async (text: string) =>
    (await threads.tryRule({ name: "mine", convention: "custom", text })).fault;
  expect(await tried("hyper lr = 0.1\nw -= lr * g")).toBeNull();
  expect(await tried("hyper lr = 0.1\nw -= lr *")).toMatch(/^line 2, column 10: expected/);
  expect(await tried("hyper lr = 0.1\nw -= lr * q")).toMatch(
    /^line 2, column 11: unknown name "q"/,
  );
  expect(await tried("hyper lr = 0.1, groups = 3\nw -= lr * g")).toMatch(/groups/);
  await threads.close();
});

test("a rule that was tried is described", () => {
  const tried = tryRule(
    "mine",
    "custom",
    "# My rule\nhyper lr = 0.1 in (0, 1], on = true\nw -= lr * g",
  );
  if (tried.fault !== null) throw new Error(tried.fault);
  expect(tried.description).toMatchObject({
    rule: "mine",
    convention: "custom",
    title: "My rule",
    hypers: [
      { name: "lr", kind: "number", default: 0.1, minimum: 0, maximum: 1 },
      { name: "on", kind: "boolean", default: true },
    ],
    verified: null,
  });
});
