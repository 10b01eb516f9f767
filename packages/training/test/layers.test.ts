import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { followShapes, type Layer, type ResolvedLayers } from "@descent/contracts";
import { CorruptTable } from "@descent/datasets";
import { expect, test } from "vitest";
import { irisJob, optimizer, readIris, run, tableOf } from "./iris-job.ts";

/** The layers as a job has them, with every default. */
function resolved(layers: Layer[], inputs: number): ResolvedLayers {
  const shapes = followShapes(layers, [inputs], 3);
  if (shapes.faults) throw new Error(JSON.stringify(shapes.faults));
  return {
    layers: shapes.layers.map(({ layer }) => layer),
    initialisation: "glorot_uniform",
  };
}

const norm: Layer = { type: "batch_norm", activation: "relu" };
const skips: Layer[] = [
  { type: "dense", units: 16, bias: false },
  { ...norm, name: "stem" },
  { type: "dense", units: 16 },
  { type: "layer_norm" },
  { type: "gelu" },
  { type: "dropout", rate: 0.2, name: "block" },
  { type: "add", inputs: ["stem", "block"], name: "sum" },
  { type: "concat", inputs: ["sum", "input"] },
  { type: "dense" },
];

test("a graph with dropout and normalisation learns iris, twice with the same bits", async () => {
  const iris = await readIris();
  // Batches of 17: the last has one row, of which batch_norm knows no variance.
  const job = irisJob({ model: resolved(skips, 4), epochs: 20, batch_size: 17 });
  const [first, again] = [await run(job, iris), await run(job, iris)];
  expect(first.result.outcome).toBe("completed");
  expect(first.epochs.at(-1)!.values.val_accuracy).toBeGreaterThanOrEqual(0.9);
  expect(again.result.result_hash).toBe(first.result.result_hash);
});

test("averaged weights are measured with the running statistics", async () => {
  const iris = await readIris();
  const averaged = optimizer({ lr: 0.1, ema: { decay: 0.9 } });
  const job = irisJob({ model: resolved(skips, 4), epochs: 30, optimizer: averaged });
  const { epochs } = await run(job, iris);
  expect(epochs.at(-1)!.values.val_accuracy).toBeGreaterThanOrEqual(0.9);
});

test("the seed decides what is dropped", async () => {
  const iris = await readIris();
  const layers: Layer[] = [
    { type: "dropout", rate: 0.5 },
    { type: "dense", initialisation: "zeros" },
  ];
  // One full batch, zero weights: between two seeds nothing else differs than the order of the rows.
  const job = (seed: number, drops: boolean) =>
    irisJob({
      model: resolved(drops ? layers : layers.slice(1), 4),
      optimizer: optimizer({ lr: 0.1 }),
      epochs: 1,
      batch_size: 1000,
      seed,
    });
  const loss = async (seed: number, drops: boolean) =>
    (await run(job(seed, drops), iris)).epochs[0]!.values.val_loss!;
  expect(await loss(1, false)).toBeCloseTo(await loss(2, false), 5);
  expect(await loss(1, true)).toBe(await loss(1, true));
  expect(Math.abs((await loss(1, true)) - (await loss(2, true)))).toBeGreaterThan(1e-3);
});

async function words(rows: string[]) {
  const file = join(await mkdtemp(join(tmpdir(), "descent-words-")), "words.csv");
  await writeFile(file, `first,second,kind\n${rows.join("\n")}\n`);
  return tableOf(file);
}
const embedding = (inputs: number) =>
  irisJob({
    dataset: { target: "kind", features: ["first", "second"], scaling: "none" },
    model: resolved(
      [
        { type: "embedding", vocabulary: 5, units: 4 },
        { type: "flatten" },
        { type: "dense", units: 12, activation: "tanh" },
        { type: "dense" },
      ],
      inputs,
    ),
    epochs: 30,
  });

test("an embedding learns what two numbers mean together", async () => {
  // The kind is no linear function of the numbers: (2 first + second²) modulo 3.
  const rows = Array.from({ length: 200 }, (_, i) => {
    const [first, second] = [i % 5, Math.floor(i / 5) % 5];
    return `${first},${second},k${(2 * first + second ** 2) % 3}`;
  });
  const { epochs } = await run(embedding(2), await words(rows));
  expect(epochs.at(-1)!.values.val_accuracy).toBe(1);
});

test("an embedding cannot use half a number, and says so before it trains", async () => {
  const rows = Array.from({ length: 30 }, (_, i) => `${i % 5},${i === 20 ? 1.5 : 1},k${i % 3}`);
  const training = run(embedding(2), await words(rows));
  await expect(training).rejects.toThrow(CorruptTable);
  await expect(training).rejects.toThrow("an embedding gets 1.5, not a whole number from 0 to 4");
});

test("a job that was resolved before layers had more fields trains to the same bits", async () => {
  const iris = await readIris();
  const now = await run(irisJob({ epochs: 2 }), iris);
  const layers = [
    { type: "dense", units: 16, activation: "relu" },
    { type: "dense", units: 3, activation: "none" },
  ] as ResolvedLayers["layers"];
  const model = { layers, initialisation: "glorot_uniform" as const };
  const before = await run(irisJob({ epochs: 2, model }), iris);
  expect(before.result.result_hash).toBe(now.result.result_hash);
});
