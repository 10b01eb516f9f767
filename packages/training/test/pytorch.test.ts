import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readIris, run } from "./iris-job.ts";
import { job } from "./pytorch/job.ts";

interface Reference {
  source: string;
  epochs: { train_loss: number; val_loss: number; grad_norm: number; lr: number }[];
}
const { epochs: expected } = JSON.parse(
  readFileSync(new URL("pytorch/iris-adamw.json", import.meta.url), "utf8"),
) as Reference;

test("warm-up, cosine, clipping, groups and decoupled decay: 50 steps as in PyTorch", async () => {
  const { epochs } = await run(job, await readIris());
  expect(epochs).toHaveLength(50);
  for (const [index, reference] of expected.entries())
    for (const [series, value] of Object.entries(reference)) {
      const actual = epochs[index]!.values[series as keyof typeof reference]!;
      expect(Math.abs(actual - value), `${series} of step ${index + 1}`).toBeLessThan(2e-5);
    }
});
