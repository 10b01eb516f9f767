import {
  elements,
  type FeatureEncoding,
  type Loss,
  type ResolvedJob,
  type Scale,
} from "@descent/contracts";
import { columnOf } from "./column-of.ts";
import { encodeFeatures } from "./encode-features.ts";
import { encodeImages } from "./encode-images.ts";
import { encodeTarget, type Target } from "./encode-target.ts";
import { inputShape } from "./input-shape.ts";
import { measureScale, UNSCALED } from "./measure-scale.ts";
import { type Split, splitRows } from "./split-rows.ts";
import type { Table } from "./table.ts";

/** One part of the data, rows in the order of the file. */
export interface Part {
  rows: number;
  /** [rows x product of `inputShape`] */
  inputs: Float32Array;
  /** Class positions (Int32Array), or numbers scaled by `targetScale` (Float32Array). */
  targets: Int32Array | Float32Array;
}

export interface PreparedData {
  /** The shape of one sample: [numbers], or [channels, height, width]. */
  inputShape: number[];
  /** How the inputs came about from the raw data. */
  encoding: FeatureEncoding;
  /** What the last layer must give: the number of classes; 1 for a number, and for binary_cross_entropy. */
  outputs: number;
  /** What the class positions mean; null for a number target. */
  classes: (string | number)[] | null;
  /** A number target was trained as (y - mean) / std; {0, 1} when it was not scaled. */
  targetScale: Scale;
  training: Part;
  validation: Part;
}

/**
 * Turns a table into what a job trains on: chooses the columns, splits (splitRows), encodes and scales
 * the features, encodes the target. Everything that is measured is measured on the training part.
 *
 * @throws Error when a column is missing or does not fit, or a row lacks a value in a column used; the
 *   API refuses such jobs before
 */
export function prepareData(
  table: Table,
  dataset: ResolvedJob["dataset"],
  loss: Loss,
): PreparedData {
  const { features, scaling } = dataset;
  if (features.includes(dataset.target))
    throw new Error(`column '${dataset.target}' cannot be both target and feature`);
  const shape = inputShape(table.profile, features);
  const target = encodeTarget(table, dataset.target, loss);
  const classOf = target.classes === null ? null : target.values;
  const { rows } = table.profile;
  const split = splitRows(rows, classOf, dataset.validation_fraction, dataset.split_seed);

  const first = columnOf(table, features[0]!).data;
  const inputs =
    first.kind === "image"
      ? encodeImages(first.pixels, shape, scaling, split)
      : encodeFeatures(table, features, scaling, split);
  const targetScale =
    target.classes === null && dataset.target_scaling === "standardize"
      ? measureScale(Float64Array.from(split.training, (row) => target.values[row]!))
      : UNSCALED;
  const part = (name: keyof Split): Part => {
    const targets = pickTargets(target, targetScale, split[name]);
    return { rows: inputs[name].length / elements(shape), inputs: inputs[name], targets };
  };
  return {
    inputShape: shape,
    encoding: inputs.encoding,
    outputs: loss === "binary_cross_entropy" ? 1 : (target.classes?.length ?? 1),
    classes: target.classes,
    targetScale,
    training: part("training"),
    validation: part("validation"),
  };
}

function pickTargets(target: Target, { mean, std }: Scale, rows: Uint32Array) {
  if (target.classes !== null) return Int32Array.from(rows, (row) => target.values[row]!);
  return Float32Array.from(rows, (row) => (target.values[row]! - mean) / std);
}
