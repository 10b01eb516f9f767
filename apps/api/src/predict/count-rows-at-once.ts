import { elements, followShapes } from "@descent/contracts";
import type { FoundModel } from "@descent/db";
import { countInputs } from "../resolve-job/count-inputs.ts";
import { classesOf } from "./name-predictions.ts";

/** What all layers together may give at once: 256 MiB of float32. */
const MAX_NUMBERS = 2 ** 26;

/**
 * How many rows may go through a job's model at once, at least one: a layer may give that many numbers for a
 * single row.
 */
export function countRowsAtOnce(found: Pick<FoundModel, "resolved" | "columns" | "shape">): number {
  const { model, dataset, loss } = found.resolved;
  if (!("layers" in model)) return rowsOf(model.numbers_per_row);
  const columns = found.columns.filter(({ name }) => dataset.features.includes(name));
  const inputs = countInputs(found, columns, []);
  const outputs = loss === "binary_cross_entropy" ? 1 : (classesOf(found)?.length ?? 1);
  const shapes = inputs && followShapes(model.layers, inputs, outputs, model.initialisation);
  if (!shapes || shapes.faults) throw new Error("the model does not fit its data");
  return rowsOf(shapes.layers.reduce((sum, { output }) => sum + elements(output), 0));
}

/** @param numbers given for one row */
export function rowsOf(numbers: number): number {
  return Math.max(1, Math.floor(MAX_NUMBERS / numbers));
}
