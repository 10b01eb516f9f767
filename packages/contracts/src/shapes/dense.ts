import type { Layer } from "../layers.ts";
import { biasTensor, type Followed, type Place, shown } from "./layer-shapes.ts";

/** A dense layer: a weight [inputs, units] and a bias [units]. */
export function followDense(layer: Layer<"dense">, place: Place): Followed {
  const { input, outputs, prefix } = place;
  const [fanIn] = input;
  if (input.length !== 1 || fanIn === undefined)
    return {
      pointer: "",
      message: `dense takes a flat input, but gets ${shown(input)}; put {"type": "flatten"} before it`,
    };
  const units = layer.units ?? outputs;
  if (units === null)
    return {
      pointer: "/units",
      message: "units are required here; only the last layer may leave them out",
    };
  if (outputs !== null && units !== outputs)
    return {
      pointer: "/units",
      message: `the last layer has ${units} units, but the target needs ${outputs}`,
      allowed: [outputs],
    };
  const { bias = true, activation = "none", initialisation = place.initialisation } = layer;
  const fans = { fanIn, fanOut: units };
  return {
    layer: { ...layer, units, activation, bias, initialisation },
    output: [units],
    parameters: [
      { name: `${prefix}.weight`, role: "weight", shape: [fanIn, units], ...fans, initialisation },
      ...(bias ? [biasTensor(place, units, fans)] : []),
    ],
  };
}

/** Vectors of whole numbers: a weight [vocabulary, units]. */
export function followEmbedding(layer: Layer<"embedding">, place: Place): Followed {
  const { input, prefix, takesData } = place;
  const { vocabulary, units, initialisation = place.initialisation } = layer;
  if (!takesData)
    return {
      pointer: "/inputs",
      message: `embedding takes whole numbers of the data, so only the model's input; here it gets ${shown(input)} of another layer`,
    };
  if (input.length !== 1)
    return { pointer: "", message: `embedding takes columns, but gets ${shown(input)}` };
  // Of all the rows of the weight one is taken, so that a number that comes out is made of one that went in.
  const fans = { fanIn: 1, fanOut: units };
  const shape = [vocabulary, units];
  return {
    layer: { ...layer, initialisation },
    output: [...input, units],
    parameters: [{ name: `${prefix}.weight`, role: "weight", shape, ...fans, initialisation }],
  };
}
