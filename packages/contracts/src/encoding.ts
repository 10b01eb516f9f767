/** z = (x - mean) / std. */
export interface Scale {
  mean: number;
  std: number;
}

/**
 * What becomes of raw data before a model takes them: a number is scaled, a category becomes one 0 or 1 per
 * value, every channel of an image is scaled.
 */
export type FeatureEncoding =
  | { kind: "table"; columns: ColumnEncoding[] }
  | { kind: "image"; shape: number[]; channels: Scale[] };

export type ColumnEncoding =
  | { name: string; kind: "number"; scale: Scale }
  | { name: string; kind: "category"; values: string[] };
