import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";

/** Epochs count from 1 to 100,000; the split of a data set has a stream of its own. */
export const SPLIT_STREAM = 0xffffffff;

/** A stream of random numbers, as pure-rand passes it on. */
export type RandomStream = ReturnType<typeof xoroshiro128plusFromState>;

/**
 * The random numbers of one (seed, stream): xoroshiro128+ of pure-rand. Its 128 bits of state are
 * MurmurHash3 finalizers of the two numbers. Each finalizer is a bijection of 32-bit words, so that two
 * pairs never share a state; the jump (2^64 steps) spreads the words over the whole state.
 *
 * @param seed 0 to 2^32 - 1
 * @param stream 0 to 2^32 - 1: the epoch, or SPLIT_STREAM
 */
export function randomStream(seed: number, stream: number): RandomStream {
  const random = xoroshiro128plusFromState([
    finalize(seed),
    finalize(stream ^ 0x9e3779b9),
    finalize(seed ^ 0x85ebca6b),
    finalize(stream ^ 0xc2b2ae35),
  ]);
  random.jump();
  return random;
}

/** Shuffles in place, every order equally likely (Fisher and Yates; Durstenfeld 1964). */
export function shuffle(rows: Uint32Array, random: RandomStream): Uint32Array {
  for (let i = rows.length - 1; i > 0; i--) {
    const j = uniformInt(random, 0, i);
    const row = rows[i]!;
    rows[i] = rows[j]!;
    rows[j] = row;
  }
  return rows;
}

/**
 * The order in which an epoch visits the rows of the training part: a permutation of 0 to rows - 1,
 * always the same for the same arguments.
 */
export function seededOrder(rows: number, seed: number, epoch: number): Uint32Array {
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  return shuffle(order, randomStream(seed, epoch));
}

/** MurmurHash3's 32-bit finalizer (Appleby, public domain). */
function finalize(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
