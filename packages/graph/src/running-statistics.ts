import { Tensor } from "onnxruntime-node";
import type { BatchStatistics, Model } from "./model.ts";
import type { PlacedBuffer } from "./place-tensors.ts";

/**
 * The running statistics of every batch_norm, moved after each step: running += momentum (batch − running).
 * The batch's variance is the unbiased one there, n / (n − 1) times that which normalises, as in PyTorch; a
 * single number per channel has none, and leaves the running variance where it is.
 *
 * @param statistics of every normalisation, in the order of the model's
 * @param buffers where the running statistics lie in `values`
 */
export function createRunningStatistics(
  { normalisations }: Pick<Model, "normalisations">,
  statistics: readonly BatchStatistics[],
  buffers: readonly PlacedBuffer[],
  values: Float32Array,
): { fetches: Record<string, Tensor>; move(rows: number): void } {
  const placeOf = (name: string) => {
    const { offset, length } = buffers.find((buffer) => buffer.name === name)!;
    return {
      running: values.subarray(offset, offset + length),
      batch: new Float32Array(length),
    };
  };
  const norms = normalisations.map(({ mean, variance, ...rest }) => ({
    ...rest,
    mean: placeOf(mean),
    variance: placeOf(variance),
  }));
  const tensor = (shape: readonly unknown[], data: Float32Array) =>
    new Tensor("float32", data, shape.map(Number));
  const fetches = Object.fromEntries(
    norms.flatMap((norm, i) => {
      const { mean, variance } = statistics[i]!;
      return [
        [mean.name, tensor(mean.shape, norm.mean.batch)],
        [variance.name, tensor(variance.shape, norm.variance.batch)],
      ];
    }),
  );
  return {
    fetches,
    move(rows) {
      for (const { momentum, perRow, mean, variance } of norms) {
        const count = rows * perRow;
        moveTo(mean.running, mean.batch, momentum, 1);
        if (count > 1) moveTo(variance.running, variance.batch, momentum, count / (count - 1));
      }
    },
  };
}

function moveTo(running: Float32Array, batch: Float32Array, momentum: number, factor: number) {
  for (let i = 0; i < running.length; i++)
    running[i] = (1 - momentum) * running[i]! + momentum * batch[i]! * factor;
}
