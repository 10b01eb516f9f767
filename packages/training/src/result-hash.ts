import { createHash } from "node:crypto";
import { type Engine, type Outcome, SERIES_NAMES, type Series } from "@descent/contracts";
import type { PlacedTensor } from "@descent/graph";

/** Tensors in a flat array; what lies between them is padding. */
interface FlatTensors {
  tensors: readonly Pick<PlacedTensor, "offset" | "length">[];
  values: Float32Array;
}

export interface TrainingResult {
  outcome: Outcome;
  /** Equal for two runs exactly when their metrics, final weights and running statistics agree in every bit. */
  result_hash: string;
  engine: Engine;
}

export interface TrainedJob extends TrainingResult {
  /** An ONNX file; null for a job that diverged, or a model too large for one. */
  model: Uint8Array | null;
}

/**
 * SHA-256 over every epoch (its number and its values, as little-endian doubles in the order of
 * SERIES_NAMES; nothing that is measured by the clock), then the final weights and the final running
 * statistics, tensor by tensor.
 */
export class ResultHash {
  readonly #hash = createHash("sha256");

  addEpoch(epoch: number, values: Partial<Record<Series, number>>): void {
    const present = SERIES_NAMES.filter((series) => values[series] !== undefined);
    const numbers = new Float64Array([epoch, ...present.map((series) => values[series]!)]);
    this.#hash.update(withOneNaN(numbers));
  }

  result(
    outcome: Outcome,
    weights: FlatTensors,
    buffers: FlatTensors,
    engine: Engine,
  ): TrainingResult {
    for (const { tensors, values } of [weights, buffers])
      for (const { offset, length } of tensors)
        this.#hash.update(withOneNaN(values.slice(offset, offset + length)));
    return { outcome, result_hash: this.#hash.digest("hex"), engine };
  }
}

/** Sign and payload of a NaN depend on how a loop was compiled: all of them become the same. */
function withOneNaN<T extends Float32Array | Float64Array>(values: T): T {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) values[i] = Number.NaN;
  return values;
}
