import type { Fetch } from "./join-fetches.ts";
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
): { fetches: Fetch[]; move(rows: number): void } {
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
  const fetches = norms.flatMap(({ mean, variance }, i) => [
    { value: statistics[i]!.mean, into: mean.batch },
    { value: statistics[i]!.variance, into: variance.batch },
  ]);
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
