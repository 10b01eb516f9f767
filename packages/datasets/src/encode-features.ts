import type { ColumnEncoding, FeatureEncoding, Scale, Scaling } from "@descent/contracts";
import { columnOf, missingValue } from "./column-of.ts";
import { inputShape } from "./input-shape.ts";
import { measureScale, UNSCALED } from "./measure-scale.ts";
import type { Split } from "./split-rows.ts";
import { MISSING_CODE, type Table } from "./table.ts";

/** Inputs of both parts, row by row: Float32Array [rows x numbers of one sample]; and how they came about. */
export interface EncodedInputs {
  training: Float32Array;
  validation: Float32Array;
  encoding: FeatureEncoding;
}

/**
 * Encodes the feature columns of a table, in the order given. A number column gives one number, scaled;
 * a category column one 0 or 1 per value, in the order of its `values`, never scaled.
 *
 * `standardize` measures mean and deviation on the training part only: the validation part must not
 * leak into what the model is given. `unit` divides by 255.
 */
export function encodeFeatures(
  table: Table,
  features: readonly string[],
  scaling: Scaling,
  split: Split,
): EncodedInputs {
  const [width] = inputShape(table.profile, features) as [number];
  const training = new Float32Array(split.training.length * width);
  const validation = new Float32Array(split.validation.length * width);
  const parts = [
    { rows: split.training, inputs: training },
    { rows: split.validation, inputs: validation },
  ];
  const columns: ColumnEncoding[] = [];
  let offset = 0;
  for (const name of features) {
    const { profile, data } = columnOf(table, name);
    if (data.kind === "number") {
      const scale = scaleOf(data.values, scaling, split.training);
      for (const { rows, inputs } of parts)
        writeNumbers(name, data.values, scale, rows, inputs, offset, width);
      columns.push({ name, kind: "number", scale });
      offset += 1;
    } else if (data.kind === "category" && profile.kind === "category") {
      for (const { rows, inputs } of parts)
        writeOneHot(name, data.codes, rows, inputs, offset, width);
      columns.push({ name, kind: "category", values: profile.values });
      offset += profile.values.length;
    }
  }
  return { training, validation, encoding: { kind: "table", columns } };
}

function scaleOf(values: Float64Array, scaling: Scaling, training: Uint32Array): Scale {
  if (scaling === "none") return UNSCALED;
  if (scaling === "unit") return { mean: 0, std: 255 };
  return measureScale(Float64Array.from(training, (row) => values[row]!));
}

function writeNumbers(
  name: string,
  values: Float64Array,
  { mean, std }: Scale,
  rows: Uint32Array,
  inputs: Float32Array,
  offset: number,
  width: number,
): void {
  for (let i = 0, at = offset; i < rows.length; i++, at += width) {
    const value = values[rows[i]!]!;
    if (Number.isNaN(value)) throw missingValue(name, rows[i]!);
    inputs[at] = (value - mean) / std;
  }
}

function writeOneHot(
  name: string,
  codes: Uint32Array,
  rows: Uint32Array,
  inputs: Float32Array,
  offset: number,
  width: number,
): void {
  for (let i = 0, at = offset; i < rows.length; i++, at += width) {
    const code = codes[rows[i]!]!;
    if (code === MISSING_CODE) throw missingValue(name, rows[i]!);
    inputs[at + code] = 1;
  }
}
