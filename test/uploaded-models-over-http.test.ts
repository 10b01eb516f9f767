import type { JobSpec, UploadedModel } from "@descent/contracts";
import { readOnnx } from "@descent/graph";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readAnswers, readGolden } from "./golden-model.ts";
import { type OpenApi, openApi } from "./over-http/open-api.ts";

// Models as other tools wrote them: uploaded, trained by a real worker, taken out and uploaded again.
let api: OpenApi;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api?.close());

const near = (actual: readonly (number | null)[], expected: readonly number[], most = 1e-5) => {
  expect(actual).toHaveLength(expected.length);
  for (const [i, number] of expected.entries())
    expect(Math.abs(actual[i]! - number)).toBeLessThan(most);
};
const softmax = (logits: readonly number[]) => {
  const powers = logits.map(Math.exp);
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
};

/** 90 rows of three classes, each a wave of its own, moved a little. */
function waves(width: number): string {
  const names = Array.from({ length: width }, (_, i) => `x${i}`);
  const rows = Array.from({ length: 90 }, (_, row) => {
    const kind = row % 3;
    const wave = names.map((_, i) => Math.sin((i + 1) * (kind + 1)) + 0.2 * Math.sin(7 * row + i));
    return [...wave.map((x) => x.toFixed(4)), ["low", "middle", "high"][kind]].join(",");
  });
  return [[...names, "pitch"].join(","), ...rows].join("\n");
}

describe.each(["pytorch-conv", "sklearn-mlp-three-classes", "keras-tensorflow-conv"])(
  "%s",
  (name) => {
    let model: UploadedModel;
    let job: JobSpec;
    let golden: { rows: number[][]; answers: number[][] };
    /** As probabilities, by row. */
    let expected: number[][];
    beforeAll(async () => {
      model = await api.uploadModel(name, await readGolden(name));
      golden = await readAnswers(name, model.output.name);
      const { activation } = model.output;
      expected = golden.answers.map((row) => (activation === "softmax" ? row : softmax(row)));
      const dataset = await api.upload(name, waves(golden.rows[0]!.length));
      const optimizer = { rule: "adam", lr: 0.01 };
      job = {
        dataset: { id: dataset.id },
        model: { id: model.id },
        optimizer,
        epochs: 40,
        seed: 3,
      };
    });
    const trained = async (more: Partial<JobSpec>) => {
      const { id } = await api.post({ ...job, ...more });
      const ended = await api.ended(id);
      expect(ended.error).toBeNull();
      expect(ended).toMatchObject({ status: "finished", outcome: "completed" });
      return ended;
    };
    const probabilities = async (id: string) =>
      (await api.predict(id, golden.rows)).map(
        (row) => Object.values(row.probabilities!) as number[],
      );

    test("gives what its framework gives, as a file and as a model that has not moved", async () => {
      for (const [row, output] of (await api.outputs(model.id, golden.rows)).entries())
        near(output, golden.answers[row]!);
      const optimizer = { rule: "sgd", lr: 1e-30 };
      const still = await trained({ optimizer, epochs: 1 });
      for (const [row, own] of (await probabilities(still.id)).entries()) near(own, expected[row]!);
    });

    test("learns, and what it has learnt can be uploaded again", async () => {
      const { id, summary } = await trained({});
      expect(summary.val_accuracy!.last).toBeGreaterThan(0.9);
      const own = await probabilities(id);
      expect(own.some((row, i) => Math.abs(row[0]! - expected[i]![0]!) > 0.01)).toBe(true);
      const again = await api.uploadModel("again", await api.model(id));
      for (const [row, output] of (await api.outputs(again.id, golden.rows)).entries())
        near(output, own[row]!, 1e-6);
    });

    test("a new head learns; what is frozen stays to the bit", async () => {
      const kept = model.parameters
        .map((parameter) => parameter.name)
        .filter((parameter) => !model.head!.replaces.includes(parameter));
      const { id, parameters, summary } = await trained({
        model: { id: model.id, head: "replace", freeze: kept },
      });
      expect(parameters).toBe(3 * (model.head!.inputs[0]! + 1));
      expect(summary.train_loss!.last).toBeLessThan(summary.train_loss!.max!);
      const [before, after] = [await readGolden(name), await api.model(id)].map(readOnnx);
      for (const tensor of kept)
        expect(after!.initialisers.get(tensor)!.data).toEqual(
          before!.initialisers.get(tensor)!.data,
        );
      expect(after!.initialisers.get("head.weight")!.shape).toEqual([3, model.head!.inputs[0]!]);
    });
  },
);
