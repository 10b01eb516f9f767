import type { Initialisation } from "@descent/contracts";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { mersenne } from "pure-rand/generator/mersenne";
import type { PlacedTensor } from "./place-tensors.ts";

type Random = Parameters<typeof uniformFloat64>[0];
type Fans = Pick<PlacedTensor, "fanIn" | "fanOut">;

/**
 * The variance each initialisation gives a weight: 2 / (fanIn + fanOut) of Glorot & Bengio 2010, equation
 * 12, and 2 / fanIn of He et al. 2015, equation 10.
 */
const INITIALISERS: Record<
  Initialisation,
  { draw: (random: Random) => number; variance: (fans: Fans) => number }
> = {
  glorot_uniform: { draw: uniform, variance: glorot },
  glorot_normal: { draw: normal, variance: glorot },
  he_uniform: { draw: uniform, variance: he },
  he_normal: { draw: normal, variance: he },
};

/**
 * Fills `weights` for the start of a training: biases are zero, weights are drawn as `initialisation`
 * says. The normal distributions are not truncated. All draws come from one Mersenne Twister, tensor after
 * tensor, so that the same seed and tensors give the same bits; it is another generator than the one that
 * shuffles the rows, so that the two never share a stream.
 *
 * @param weights the flat array that placeTensors laid out; its padding is left alone
 * @param seed an unsigned 32-bit integer
 */
export function initialiseWeights(
  weights: Float32Array,
  tensors: readonly PlacedTensor[],
  initialisation: Initialisation,
  seed: number,
): void {
  const random = mersenne(seed);
  const { draw, variance } = INITIALISERS[initialisation];
  for (const tensor of tensors) {
    const end = tensor.offset + tensor.length;
    if (tensor.role === "bias") {
      weights.fill(0, tensor.offset, end);
      continue;
    }
    const deviation = Math.sqrt(variance(tensor));
    for (let i = tensor.offset; i < end; i++) weights[i] = deviation * draw(random);
  }
}

function glorot({ fanIn, fanOut }: Fans): number {
  return 2 / (fanIn + fanOut);
}

function he({ fanIn }: Fans): number {
  return 2 / fanIn;
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
