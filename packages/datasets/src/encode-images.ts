import type { Scale, Scaling } from "@descent/contracts";
import type { EncodedInputs } from "./encode-features.ts";
import { UNSCALED } from "./measure-scale.ts";
import type { Split } from "./split-rows.ts";

/**
 * Encodes images as numbers [rows x channels x height x width]. `unit` divides by 255; `standardize`
 * takes one mean and deviation per channel over all pixels of the training part, as is usual for
 * images: pixels of a channel are one quantity.
 */
export function encodeImages(
  pixels: Uint8Array,
  shape: readonly number[],
  scaling: Scaling,
  split: Split,
): EncodedInputs {
  const [channels, height, width] = shape as [number, number, number];
  const scales = Array.from({ length: channels }, (_, channel) => {
    if (scaling === "none") return UNSCALED;
    if (scaling === "unit") return { mean: 0, std: 255 };
    return measureChannel(pixels, channel, channels, height * width, split.training);
  });
  // A byte has 256 values: scale each once per channel instead of each pixel.
  const tables = scales.map(({ mean, std }) =>
    Float32Array.from({ length: 256 }, (_, value) => (value - mean) / std),
  );
  const encode = (rows: Uint32Array) => {
    const area = height * width;
    const inputs = new Float32Array(rows.length * channels * area);
    let at = 0;
    for (const row of rows) {
      let from = row * channels * area;
      for (const scaled of tables)
        for (const end = from + area; from < end; from++) inputs[at++] = scaled[pixels[from]!]!;
    }
    return inputs;
  };
  return {
    training: encode(split.training),
    validation: encode(split.validation),
    encoding: { kind: "image", shape: [...shape], channels: scales },
  };
}

function measureChannel(
  pixels: Uint8Array,
  channel: number,
  channels: number,
  area: number,
  rows: Uint32Array,
): Scale {
  const counts = new Float64Array(256);
  for (const row of rows) {
    const start = (row * channels + channel) * area;
    for (let at = start; at < start + area; at++) counts[pixels[at]!]! += 1;
  }
  const total = rows.length * area;
  const mean = counts.reduce((sum, count, value) => sum + count * value, 0) / total;
  const squares = counts.reduce((sum, count, value) => sum + count * (value - mean) ** 2, 0);
  return { mean, std: Math.sqrt(squares / total) || 1 };
}
