import type { Initialisation } from "@descent/contracts";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { mersenne } from "pure-rand/generator/mersenne";
import { fillOrthogonal } from "./fill-orthogonal.ts";
import type { PlacedTensor } from "./place-tensors.ts";

type Fans = Pick<PlacedTensor, "fanIn" | "fanOut">;
type Fill = (weights: Float32Array, tensor: PlacedTensor, random: Random) => void;
type Random = Parameters<typeof uniformFloat64>[0];

/** The deviation of truncated_normal, before it is cut at twice that: what Keras takes where none is said. */
const TRUNCATED_DEVIATION = 0.05;

/**
 * How each initialisation fills a weight. Most draw from one distribution with a variance by the fans:
 * 2 / (fanIn + fanOut) of Glorot & Bengio 2010, equation 12; 2 / fanIn of He et al. 2015, equation 10; and
 * 1 / fanIn of LeCun et al. 1998, section 4.6. Orthogonal as Saxe et al. 2014.
 */
const FILLS: Record<Extract<Initialisation, string>, Fill> = {
  glorot_uniform: drawing(uniform, ({ fanIn, fanOut }) => 2 / (fanIn + fanOut)),
  glorot_normal: drawing(normal, ({ fanIn, fanOut }) => 2 / (fanIn + fanOut)),
  he_uniform: drawing(uniform, ({ fanIn }) => 2 / fanIn),
  he_normal: drawing(normal, ({ fanIn }) => 2 / fanIn),
  lecun_uniform: drawing(uniform, ({ fanIn }) => 1 / fanIn),
  lecun_normal: drawing(normal, ({ fanIn }) => 1 / fanIn),
  truncated_normal: drawing(truncated, () => TRUNCATED_DEVIATION ** 2),
  orthogonal: (weights, { shape }, random) =>
    fillOrthogonal(weights, shape[0]!, () => normal(random)),
  zeros: (weights) => weights.fill(0),
};

/**
 * Fills `weights` for the start of a training, every tensor as its `initialisation` says. The normal
 * distributions of Glorot, He and LeCun are not truncated. All draws come from one Mersenne Twister, tensor
 * after tensor, so that the same seed and tensors give the same bits; it is another generator than the one
 * that shuffles the rows, so that the two never share a stream.
 *
 * @param weights the flat array that placeTensors laid out; its padding is left alone
 * @param seed an unsigned 32-bit integer
 * @param stored the numbers of tensors that start as a file has them, by name
 */
export function initialiseWeights(
  weights: Float32Array,
  tensors: readonly PlacedTensor[],
  seed: number,
  stored: ReadonlyMap<string, Float32Array> = new Map(),
): void {
  const random = mersenne(seed);
  for (const tensor of tensors) {
    const { offset, length, initialisation } = tensor;
    const own = weights.subarray(offset, offset + length);
    if (initialisation === "stored") own.set(stored.get(tensor.name)!);
    else if (typeof initialisation === "object") own.fill(initialisation.constant);
    else FILLS[initialisation](own, tensor, random);
  }
}

/** Every number from a distribution of mean 0 and variance 1, times the deviation. */
function drawing(draw: (random: Random) => number, variance: (fans: Fans) => number): Fill {
  return (weights, tensor, random) => {
    const deviation = Math.sqrt(variance(tensor));
    for (let i = 0; i < weights.length; i++) weights[i] = deviation * draw(random);
  };
}

/** Uniform between ±√3: mean 0, variance 1. */
function uniform(random: Random): number {
  return Math.sqrt(3) * (2 * uniformFloat64(random) - 1);
}

/** Normal with mean 0 and variance 1 (Box & Muller 1958). 1 − u, since the logarithm of zero is not finite. */
function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat64(random)));
  return radius * Math.cos(2 * Math.PI * uniformFloat64(random));
}

/** Normal, drawn again while it lies beyond ±2; its variance is 0.774 of what it was before it was cut. */
function truncated(random: Random): number {
  let z = normal(random);
  while (Math.abs(z) > 2) z = normal(random);
  return z;
}
