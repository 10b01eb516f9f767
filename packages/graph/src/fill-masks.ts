import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Fills the next batch's mask of one dropout layer: 0 with the probability `rate`, else 1 / (1 − rate). */
export type FillMask = (mask: Float32Array) => void;

/**
 * The masks of a job's dropout layers, each from a stream of its own: xoroshiro128+ from the seed, jumped 2^64
 * numbers ahead for every layer before. One draw per number, in order: the same seed gives the same masks.
 *
 * @param rates of the layers
 * @param seed an unsigned 32-bit integer
 */
export function createMaskFills(rates: readonly number[], seed: number): FillMask[] {
  const random = xoroshiro128plus(seed);
  return rates.map((rate) => {
    random.jump();
    const own = random.clone();
    const dropped = rate * 2 ** 32;
    const kept = 1 / (1 - rate);
    return (mask) => {
      for (let i = 0; i < mask.length; i++) mask[i] = own.next() >>> 0 < dropped ? 0 : kept;
    };
  });
}
