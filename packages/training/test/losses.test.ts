import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Loss, ResolvedLayers, ResolvedPenalty } from "@descent/contracts";
import { type Part, prepareData, type Table } from "@descent/datasets";
import { beforeAll, expect, test } from "vitest";
import { irisJob, optimizer, readIris, run, tableOf } from "./iris-job.ts";

// Every loss trains a linear model by full-batch gradient descent, against the same in doubles: the losses
// as textbooks write them, the penalties beside them, their derivatives by central differences.

const EPOCHS = 5;
const LR = 0.2;
const START = 0.3;
let tables: Record<"iris" | "coins" | "line", Table>;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "descent-losses-"));
  const table = async (name: string, header: string, row: (i: number) => string) => {
    const rows = Array.from({ length: 60 }, (_, i) => row(i));
    await writeFile(join(folder, name), [header, ...rows].join("\n"));
    return tableOf(join(folder, name));
  };
  const wave = (i: number) => 4 * Math.sin(i * i);
  tables = {
    iris: await readIris(),
    coins: await table("coins", "x,z,side", (i) =>
      [i / 20, wave(i), wave(i) + i / 20 > 1.4 + Math.cos(3 * i) ? "tails" : "heads"].join(),
    ),
    line: await table("line", "x,z,y", (i) => [i / 20, wave(i), 20 * i - 30 * wave(i)].join()),
  };
});

/** The mean loss over the rows of a part; `of(row)` are the model's outputs. */
type Criterion = (of: (row: number) => number[], part: Part) => number;

const meanOver =
  (lossOf: (outputs: number[], target: number) => number): Criterion =>
  (of, { rows, targets }) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += lossOf(of(row), targets[row]!);
    return sum / rows;
  };

function logSoftmax(logits: number[]): number[] {
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  return logits.map((logit) => logit - Math.log(total));
}
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const WEIGHTS = [1, 2.5, 0.5];
const weighted: Criterion = (of, { rows, targets }) => {
  const share = 0.1 / 3;
  let [sum, weight] = [0, 0];
  for (let row = 0; row < rows; row++) {
    const target = targets[row]!;
    const log = logSoftmax(of(row));
    sum -= 0.9 * WEIGHTS[target]! * log[target]!;
    for (const [k, each] of log.entries()) sum -= share * WEIGHTS[k]! * each;
    weight += WEIGHTS[target]!;
  }
  return sum / weight;
};
const huber = (delta: number) =>
  meanOver(([output], target) => {
    const e = Math.abs(output! - target);
    return e <= delta ? e ** 2 / 2 : delta * e - delta ** 2 / 2;
  });

interface Case {
  name: string;
  table: keyof typeof tables;
  loss: Loss;
  criterion: Criterion;
  penalty?: { l1: number; l2: number };
  /** The power of the target's deviation that is in the loss's unit. */
  unit?: number;
}
const smoothed = { type: "cross_entropy", label_smoothing: 0.1, class_weights: WEIGHTS } as const;
const CASES: Case[] = [
  {
    name: "cross_entropy",
    table: "iris",
    loss: "cross_entropy",
    criterion: meanOver((outputs, target) => -logSoftmax(outputs)[target]!),
  },
  { name: "smoothed and weighted", table: "iris", loss: smoothed, criterion: weighted },
  {
    name: "binary_cross_entropy",
    table: "coins",
    loss: "binary_cross_entropy",
    criterion: meanOver(([x], y) => -Math.log(y === 1 ? sigmoid(x!) : 1 - sigmoid(x!))),
  },
  {
    name: "mae",
    table: "line",
    loss: "mae",
    criterion: meanOver(([output], target) => Math.abs(output! - target)),
    unit: 1,
  },
  {
    name: "huber",
    table: "line",
    loss: { type: "huber", delta: 0.4 },
    criterion: huber(0.4),
    unit: 2,
  },
  {
    name: "an l1 and an l2 penalty",
    table: "iris",
    loss: smoothed,
    criterion: weighted,
    penalty: { l1: 0.02, l2: 0.05 },
  },
  {
    name: "a penalty on a standardized target",
    table: "line",
    loss: { type: "huber", delta: 0.4 },
    criterion: huber(0.4),
    penalty: { l1: 0, l2: 0.05 },
    unit: 2,
  },
];

function jobOf({ table, loss, penalty }: Case) {
  const columns = { iris: null, coins: "side", line: "y" }[table];
  const units = table === "iris" ? 3 : 1;
  const penalties: ResolvedPenalty[] = penalty
    ? [{ match: "*.weight", tensors: ["layers.0.weight"], ...penalty }]
    : [];
  return irisJob({
    dataset: {
      ...(columns ? { target: columns, features: ["x", "z"] } : {}),
      target_scaling: table === "line" ? "standardize" : "none",
    },
    model: {
      layers: [
        {
          type: "dense",
          units,
          activation: "none",
          bias: true,
          initialisation: { constant: START },
        },
      ],
      initialisation: { constant: START },
    },
    loss,
    penalty: penalties,
    optimizer: optimizer({ lr: LR }),
    epochs: EPOCHS,
    batch_size: 1000,
  });
}

/** What the job should record. */
function byHand(given: Case) {
  const { criterion, penalty = { l1: 0, l2: 0 }, unit = 0 } = given;
  const { dataset, loss } = jobOf(given);
  const data = prepareData(tables[given.table], dataset, loss);
  const inputs = data.inputShape[0]!;
  const weights = inputs * data.outputs;
  // A matrix [inputs, outputs], then the biases.
  const parameters = Array.from<unknown, number>({ length: weights + data.outputs }, (_, i) =>
    i < weights ? START : 0,
  );
  const lossAt = (at: number[], part: Part) =>
    criterion(
      (row) =>
        Array.from({ length: data.outputs }, (_, k) => {
          let sum = at[weights + k]!;
          for (let i = 0; i < inputs; i++)
            sum += part.inputs[row * inputs + i]! * at[i * data.outputs + k]!;
          return sum;
        }),
      part,
    );
  const penalised = (at: number[]) =>
    at
      .slice(0, weights)
      .reduce(
        (sum, w) => sum + penalty.l1 * Math.abs(w) + penalty.l2 * w ** 2,
        lossAt(at, data.training),
      );
  const scale = data.targetScale.std ** unit;
  return Array.from({ length: EPOCHS }, () => {
    const train_loss = lossAt(parameters, data.training) * scale;
    const step = 1e-6;
    const gradient = parameters.map(
      (w, i) =>
        (penalised(parameters.with(i, w + step)) - penalised(parameters.with(i, w - step))) /
        (2 * step),
    );
    for (const [i, g] of gradient.entries()) parameters[i]! -= LR * g;
    return {
      train_loss,
      val_loss: lossAt(parameters, data.validation) * scale,
      grad_norm: Math.hypot(...gradient),
    };
  });
}

test.each(CASES)("a linear model trains by $name", async (given) => {
  const { epochs } = await run(jobOf(given), tables[given.table]);
  const expected = byHand(given);
  expect(epochs).toHaveLength(EPOCHS);
  for (const [index, epoch] of expected.entries())
    for (const [series, value] of Object.entries(epoch)) {
      const actual = epochs[index]!.values[series as keyof typeof epoch]!;
      expect(actual / value, `${series} of epoch ${index + 1}`).toBeCloseTo(1, 5);
    }
  // It has learnt: a wrong sign would climb.
  expect(expected.at(-1)!.train_loss).toBeLessThan(expected[0]!.train_loss);
});

test("an l2 of half a coupled weight decay is that decay", async () => {
  const decayed = optimizer({
    ...{ rule: "sgd", convention: "torch", lr: LR, weight_decay: 0.1, maximize: false },
    groups: [
      {
        match: "*.bias",
        tensors: ["layers.0.bias"],
        hypers: { lr: LR, weight_decay: 0, maximize: false },
      },
    ],
  });
  const [plain, penalised] = [CASES[0]!, { ...CASES[0]!, penalty: { l1: 0, l2: 0.05 } }];
  const a = await run({ ...jobOf(plain), optimizer: decayed }, tables.iris);
  const b = await run(jobOf(penalised), tables.iris);
  for (const [index, { values }] of a.epochs.entries())
    expect(b.epochs[index]!.values.val_loss).toBeCloseTo(values.val_loss!, 6);
});

test("two classes by one logit are what two logits of half the step find", async () => {
  // softmax of [a, b] is the sigmoid of b − a, which moves by both derivatives: twice as fast.
  const binary = CASES.find(({ loss }) => loss === "binary_cross_entropy")!;
  const one = jobOf(binary);
  const { layers } = one.model as ResolvedLayers;
  const dense = { ...layers[0]!, units: 2, initialisation: "zeros" as const };
  const two = {
    ...one,
    loss: "cross_entropy" as const,
    model: { ...one.model, layers: [dense] as typeof layers },
    optimizer: optimizer({ lr: LR / 2 }),
  };
  const zero = { ...layers[0]!, initialisation: "zeros" as const };
  const first = { ...one, model: { ...one.model, layers: [zero] as typeof layers } };
  const [a, b] = [await run(first, tables.coins), await run(two, tables.coins)];
  for (const [index, { values }] of a.epochs.entries()) {
    const other = b.epochs[index]!.values;
    for (const metric of ["train_loss", "val_loss", "val_auc", "val_macro_f1"] as const)
      expect(other[metric]).toBeCloseTo(values[metric]!, 5);
    expect(other.val_accuracy).toBe(values.val_accuracy);
    expect(other.train_accuracy).toBe(values.train_accuracy);
  }
});
