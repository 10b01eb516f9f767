import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ResolvedJob } from "@descent/contracts";
import type { Table } from "@descent/datasets";
import { beforeAll, expect, test } from "vitest";
import { type Change, dense, irisJob, optimizer, readIris, run, tableOf } from "./iris-job.ts";

let iris: Table;
let line: Table;

beforeAll(async () => {
  iris = await readIris();
  const { writeFile } = await import("node:fs/promises");
  const file = join(await mkdtemp(join(tmpdir(), "descent-training-")), "line.csv");
  const rows = Array.from({ length: 40 }, (_, i) => `${i / 10},${3 * (i / 10) - 2 + Math.sin(i)}`);
  await writeFile(file, `x,y\n${rows.join("\n")}\n`);
  line = await tableOf(file);
});

const lineJob = (change: Change): ResolvedJob => {
  const dataset = { target: "y", features: ["x"], scaling: "none" as const, ...change.dataset };
  return irisJob({
    model: {
      layers: [dense(1)],
      initialisation: "glorot_uniform",
    },
    loss: "mse",
    ...change,
    dataset,
  });
};
const sgd = (lr: number) => optimizer({ lr });

test("iris is learnt, and every epoch is there", async () => {
  const { epochs, result } = await run(irisJob(), iris);
  expect(epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  expect(epochs.at(-1)!.values.val_accuracy).toBeGreaterThanOrEqual(0.9);
  expect(result.outcome).toBe("completed");
});

test("the same job gives the same bits, another seed others", async () => {
  const [first, again, other] = [
    await run(irisJob(), iris),
    await run(irisJob(), iris),
    await run(irisJob({ seed: 2 }), iris),
  ];
  expect(again.result).toEqual(first.result);
  const metrics = ({ epochs }: typeof first) =>
    epochs.map(({ values }) => [values.train_loss, values.val_loss, values.grad_norm]);
  expect(metrics(again)).toEqual(metrics(first));
  expect(other.result.result_hash).not.toBe(first.result.result_hash);
});

test("a diverging job ends as diverged, with the epoch in which it did", async () => {
  const { epochs, result } = await run(lineJob({ optimizer: sgd(1e6), epochs: 200 }), line);
  expect(result.outcome).toBe("diverged");
  expect(epochs.length).toBeLessThan(200);
  expect(epochs.length).toBeGreaterThan(0);
});

test("outputs that are no numbers have no accuracy: a diverged run must not win by its first class", async () => {
  const text = "hyper lr = 1\nw = 0 / 0 * g";
  const own = optimizer({ rule: "broken", convention: "custom", lr: 1 });
  const { epochs, result } = await run(irisJob({ optimizer: own, rule_text: text }), iris);
  expect(result.outcome).toBe("diverged");
  const { train_accuracy, val_accuracy, train_loss, val_loss } = epochs.at(-1)!.values;
  expect([train_accuracy, val_accuracy, train_loss, val_loss]).toEqual(Array(4).fill(Number.NaN));
});

test("a job stops when its target is reached, or when patience runs out", async () => {
  const target = { metric: "val_accuracy" as const, value: 0.8 };
  const reached = await run(irisJob({ stop: { target } }), iris);
  expect(reached.result.outcome).toBe("target_reached");
  const accuracies = reached.epochs.map(({ values }) => values.val_accuracy!);
  expect(accuracies.findIndex((accuracy) => accuracy >= 0.8)).toBe(accuracies.length - 1);

  // lr 0: the first epoch's val_loss is never improved on.
  const patient = await run(irisJob({ optimizer: sgd(0), stop: { patience: 4 } }), iris);
  expect(patient.result.outcome).toBe("early_stopped");
  expect(patient.epochs).toHaveLength(5);
});

test("a linear model follows gradient descent computed in doubles", async () => {
  const fraction = 0.25;
  const job = lineJob({
    optimizer: sgd(0.05),
    epochs: 60,
    batch_size: 1000,
    dataset: { validation_fraction: fraction },
  });
  const { prepareData } = await import("@descent/datasets");
  const { training, validation } = prepareData(line, job.dataset, "mse");
  const { epochs } = await run(job, line);

  // The start is the seed's draw: two losses at lr 0 are not needed, the least-squares end point is.
  // Gradient descent on a quadratic converges to it, and its loss there is known in closed form.
  const [n, x, y] = [training.rows, training.inputs, training.targets];
  const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / n;
  const [mx, my] = [mean(x), mean(y)];
  const slope =
    mean(Array.from(x, (xi, i) => (xi - mx) * (y[i]! - my))) /
    mean(Array.from(x, (xi) => (xi - mx) ** 2));
  const residual = mean(Array.from(x, (xi, i) => (my + slope * (xi - mx) - y[i]!) ** 2));
  const long = await run({ ...job, epochs: 3000 }, line);
  const last = long.epochs.at(-1)!.values;
  expect(last.train_loss).toBeCloseTo(residual, 4);
  const errors = Array.from(
    validation.inputs,
    (xi, i) => my + slope * (xi - mx) - validation.targets[i]!,
  );
  const mse = errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length;
  expect(last.val_loss).toBeCloseTo(mse, 3);
  expect(last.val_rmse).toBeCloseTo(Math.sqrt(mse), 3);
  expect(last.val_mae).toBeCloseTo(
    errors.reduce((sum, error) => sum + Math.abs(error), 0) / errors.length,
    3,
  );
  // Full-batch descent below the stability limit goes down at every step.
  const losses = epochs.map(({ values }) => values.train_loss!);
  for (let i = 1; i < losses.length; i++) expect(losses[i]).toBeLessThan(losses[i - 1]!);
});

test("standardizing the target changes the training, not the unit of its metrics", async () => {
  const job = lineJob({
    optimizer: sgd(0.02),
    epochs: 3000,
    batch_size: 1000,
    dataset: { validation_fraction: 0.25, target_scaling: "standardize" },
  });
  const scaled = (await run(job, line)).epochs.at(-1)!.values;
  const raw = (
    await run({ ...job, dataset: { ...job.dataset, target_scaling: "none" } }, line)
  ).epochs.at(-1)!.values;
  // Both converge to the same least-squares line.
  expect(scaled.train_loss! / raw.train_loss!).toBeCloseTo(1, 3);
  expect(scaled.val_rmse! / raw.val_rmse!).toBeCloseTo(1, 3);
  expect(scaled.val_loss).toBeCloseTo(scaled.val_rmse! ** 2, 8);
});
