import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ResolvedOptimizer } from "@descent/contracts";
import { prepareData, seededOrder, type Table } from "@descent/datasets";
import { beforeAll, expect, test } from "vitest";
import { buildModel } from "../src/build-model.ts";
import { dense, irisJob, optimizer, run, tableOf } from "./iris-job.ts";

// A line y = slope x + start, fitted by the loop written out in doubles: mini-batches in the epoch's order,
// the last one smaller, gradients of the mean squared error by hand.

const EPOCHS = 6;
const BATCH = 7;
let line: Table;

async function lineOf(count: number): Promise<Table> {
  const points = Array.from({ length: count }, (_, i) => [i / 20, i / 10 - 1 + Math.sin(i)]);
  const file = join(await mkdtemp(join(tmpdir(), "descent-line-")), "line.csv");
  await writeFile(file, `x,y\n${points.map((point) => point.join(",")).join("\n")}\n`);
  return tableOf(file);
}
beforeAll(async () => {
  line = await lineOf(40);
});

const lineJob = (own: ResolvedOptimizer) =>
  irisJob({
    dataset: { target: "y", features: ["x"], scaling: "none", validation_fraction: 0.25 },
    model: {
      layers: [dense(1)],
      initialisation: "glorot_uniform",
    },
    loss: "mse",
    optimizer: own,
    epochs: EPOCHS,
    batch_size: BATCH,
    seed: 3,
  });

interface Settings {
  lr: number;
  accumulate?: number;
  clip?: number;
  decay?: number;
  /** lr of the epoch (from 0) and the step (from 0). */
  rate?: (epoch: number, step: number) => number;
  biasRate?: number;
}

/** What the job should record, from the line it starts with. */
function byHand(slope: number, start: number, settings: Settings) {
  const { lr, accumulate = 1, clip = Infinity, decay, rate = () => 1, biasRate = 1 } = settings;
  const { training, validation } = prepareData(line, lineJob(optimizer({ lr })).dataset, "mse");
  let [a, b] = [slope, start];
  let average: [number, number] | null = null;
  const epochs = [];
  let step = 0;
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const order = seededOrder(training.rows, 3, epoch + 1);
    let [loss, norm, steps, used] = [0, 0, 0, 0];
    let [da, db, rows] = [0, 0, 0];
    for (let first = 0, batch = 1; first < training.rows; first += BATCH, batch++) {
      const chosen = order.subarray(first, first + BATCH);
      for (const row of chosen) {
        const x = training.inputs[row]!;
        const error = a * x + b - training.targets[row]!;
        loss += error ** 2;
        da += 2 * error * x;
        db += 2 * error;
      }
      rows += chosen.length;
      if (batch % accumulate !== 0 && first + BATCH < training.rows) continue;
      const [ga, gb] = [da / rows, db / rows];
      const length = Math.hypot(ga, gb);
      const scale = Math.min(1, clip / length);
      used = lr * rate(epoch, step);
      a -= used * scale * ga;
      b -= used * scale * gb * biasRate;
      if (decay !== undefined)
        average = average
          ? [decay * average[0] + (1 - decay) * a, decay * average[1] + (1 - decay) * b]
          : [a, b];
      norm += length;
      steps += 1;
      step += 1;
      [da, db, rows] = [0, 0, 0];
    }
    const [va, vb] = average ?? [a, b];
    let squared = 0;
    for (let row = 0; row < validation.rows; row++)
      squared += (va * validation.inputs[row]! + vb - validation.targets[row]!) ** 2;
    epochs.push({
      train_loss: loss / training.rows,
      val_loss: squared / validation.rows,
      grad_norm: norm / steps,
      lr: used,
    });
  }
  return epochs;
}

/** The line that the seed draws. */
async function drawnStart(): Promise<[number, number]> {
  const { initialiseWeights, placeTensors } = await import("@descent/graph");
  const job = lineJob(optimizer({ lr: 0 }));
  const model = buildModel(job, { inputShape: [1], outputs: 1 });
  const { tensors, length } = placeTensors(model.parameters);
  const weights = new Float32Array(length);
  initialiseWeights(weights, tensors, job.seed);
  return [weights[tensors[0]!.offset]!, weights[tensors[1]!.offset]!];
}

const epochs = (type: object) => ({ ...type, per: "epoch", warmup: { steps: 0, from: 0 } });
test.each<[string, Settings, Record<string, unknown>]>([
  ["plain", { lr: 0.1 }, {}],
  ["two batches a step", { lr: 0.1, accumulate: 2 }, { accumulate: 2 }],
  ["three batches a step", { lr: 0.1, accumulate: 3 }, { accumulate: 3 }],
  ["clipped", { lr: 0.1, clip: 0.5 }, { clip: { global_norm: 0.5 } }],
  ["averaged", { lr: 0.1, decay: 0.9 }, { ema: { decay: 0.9 } }],
  [
    "a rate that falls each epoch",
    { lr: 0.2, rate: (epoch) => 0.5 ** epoch },
    { schedule: epochs({ type: "exponential", factor: 0.5 }) },
  ],
  [
    "a rate that falls each epoch, accumulating",
    { lr: 0.2, accumulate: 2, rate: (epoch) => 0.5 ** epoch },
    { accumulate: 2, schedule: epochs({ type: "exponential", factor: 0.5 }) },
  ],
  [
    "a rate that falls each step, accumulating",
    { lr: 0.2, accumulate: 2, rate: (_, step) => 1 / (1 + 0.25 * step) },
    {
      accumulate: 2,
      schedule: { type: "inverse_time", rate: 0.25, per: "step", warmup: { steps: 0, from: 0 } },
    },
  ],
  [
    "biases with a rate of their own",
    { lr: 0.1, biasRate: 0.25 },
    { groups: [{ match: "*.bias", tensors: ["layers.0.bias"], hypers: { lr: 0.025 } }] },
  ],
])("the loop does what it says: %s", async (_, settings, own) => {
  const { epochs: recorded } = await run(lineJob(optimizer({ lr: settings.lr, ...own })), line);
  const [slope, start] = await drawnStart();
  const expected = byHand(slope, start, settings);
  expect(recorded).toHaveLength(EPOCHS);
  for (const [index, epoch] of expected.entries())
    for (const [series, value] of Object.entries(epoch)) {
      const actual = recorded[index]!.values[series as keyof typeof epoch]!;
      expect(Math.abs(actual - value), `${series} of epoch ${index + 1}`).toBeLessThan(
        2e-6 * Math.max(1, Math.abs(value)),
      );
    }
});

test("norms are clipped as the convention has it", async () => {
  const hash = async (convention: string) => {
    const own = optimizer({ lr: 0.1, convention, clip: { global_norm: 0.5 } });
    const job = { ...lineJob(own), rule_text: "hyper lr = 1\nw -= lr * g" };
    return (await run(job, line)).result.result_hash;
  };
  expect(await hash("torch")).not.toBe(await hash("custom")); // norm + 1e-6
  expect(await hash("keras")).toBe(await hash("custom"));
});

test("a plateau hears how every epoch ended", async () => {
  // With a threshold of 1 only a loss below zero were progress: every epoch after the first halves the rate.
  const waits = { patience: 0, threshold: 1, cooldown: 0, floor: 0 };
  const schedule = { type: "plateau", metric: "val_loss", factor: 0.5, ...waits };
  const { epochs: recorded } = await run(lineJob(optimizer({ lr: 0.1, schedule })), line);
  const rates = recorded.map(({ values }) => values.lr);
  expect(rates).toEqual([0.1, 0.1, 0.05, 0.025, 0.0125, 0.00625]);
});

test("an abort is heard in the middle of an epoch", async () => {
  const job = { ...lineJob(optimizer({ lr: 1e-9 })), epochs: 1, batch_size: 1 };
  const long = await lineOf(100_000); // seconds of batches
  await expect(run(job, long, AbortSignal.timeout(50))).rejects.toThrow(/timeout/);
});
