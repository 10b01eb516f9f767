import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { modelOfOnnx, type OnnxChoice, profileOnnx, readOnnx } from "../src/index.ts";
import { openUpload } from "./open-upload.ts";

/* Exported models, and what their frameworks answer. */

export interface Sample {
  shape: number[];
  data: number[];
}

export const FOLDER = new URL("onnx-files/golden/", import.meta.url);
export const fileOf = (name: string) => readOnnx(readFileSync(new URL(`${name}.onnx`, FOLDER)));

export function golden(name: string): { inputs: Sample; outputs: Sample } {
  const { inputs, outputs } = JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8"));
  return {
    inputs: Object.values<Sample>(inputs)[0]!,
    outputs: Object.values<Sample>(outputs)[0]!,
  };
}

/** A file as a model, its head and outputs kept unless told. */
export function modelFor(file: ReturnType<typeof readOnnx>, choice: Partial<OnnxChoice> = {}) {
  const { input, output } = profileOnnx(file);
  return modelOfOnnx(file, {
    ...{ head: "keep", frozen: [], initialisation: null, loss: "mse" },
    ...{ outputs: output.shape[0]!, inputShape: input.shape, ...choice },
  });
}

export async function forward(
  file: ReturnType<typeof readOnnx>,
  inputs: Sample,
  choice: Partial<OnnxChoice> = {},
  prepare: (opened: Awaited<ReturnType<typeof openUpload>>) => void = () => {},
) {
  const model = modelFor(file, choice);
  const opened = await openUpload(model, choice.loss ?? "mse");
  prepare(opened);
  const rows = inputs.shape[0]!;
  const outputs = await opened.training.forward(Float32Array.from(inputs.data), rows);
  await opened.training.release();
  return Array.from({ length: rows }, (_, row) =>
    Array.from(outputs.subarray(row * model.outputs, (row + 1) * model.outputs)),
  );
}

export function near(rows: number[][], expected: readonly number[]): void {
  const actual = rows.flat();
  expect(actual).toHaveLength(expected.length);
  for (const [i, number] of expected.entries())
    expect(Math.abs(actual[i]! - number)).toBeLessThan(1e-5 * Math.max(1, Math.abs(number)));
}

export function softmax(row: readonly number[]): number[] {
  const exponentials = row.map(Math.exp);
  const sum = exponentials.reduce((all, each) => all + each);
  return exponentials.map((each) => each / sum);
}

export const copies =
  (pairs: Record<string, string>, file: ReturnType<typeof readOnnx>) =>
  ({ tensors, weights }: Awaited<ReturnType<typeof openUpload>>) => {
    for (const [to, from] of Object.entries(pairs)) {
      const { offset } = tensors.find(({ name }) => name === to)!;
      weights.set(file.initialisers.get(from)!.data as Float32Array, offset);
    }
  };
