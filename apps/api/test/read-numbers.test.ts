import type { UploadedModel } from "@descent/contracts";
import { expect, test } from "vitest";
import { readNumbers } from "../src/predict/read-numbers.ts";

const givingPerRow = (numbers: number): Pick<UploadedModel, "input" | "output"> => ({
  input: { name: "x", shape: [1], type: "float32", vocabulary: null, batch: null },
  output: { name: "y", shape: [numbers], activation: null },
});

test("rows whose answers no machine would hold are refused, be they ever so short", () => {
  const rows = Array.from({ length: 21 }, () => [0.5]);
  expect(readNumbers(rows, givingPerRow(50_000))).toEqual({
    faults: [
      {
        pointer: "/rows",
        message: "the answers to 21 would be 50000 numbers each; at most 1000000 at once",
      },
    ],
  });
  expect(readNumbers(rows.slice(1), givingPerRow(50_000))).toMatchObject({ faults: null });
  expect(readNumbers(rows.slice(20), givingPerRow(2 ** 26)).faults).toHaveLength(1);
});
