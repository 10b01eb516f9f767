import { DEFAULT_INITIALISATION, type Initialisation } from "./initialisation.ts";
import { type Layer, MODEL_INPUT } from "./layers.ts";
import type { Fault } from "./problem.ts";
import { connectLayers } from "./shapes/connect-layers.ts";
import { followConv2d } from "./shapes/conv2d.ts";
import { followDense, followEmbedding } from "./shapes/dense.ts";
import { followAdd, followConcat, type Joined } from "./shapes/joining.ts";
import {
  elements,
  type Followed,
  type LayerShapes,
  type ParameterTensor,
  type Place,
  shown,
} from "./shapes/layer-shapes.ts";
import { followBatchNorm, followLayerNorm } from "./shapes/normalisation.ts";
import { followGlobalPool, followPool } from "./shapes/pooling.ts";

export {
  type BufferTensor,
  elements,
  type LayerShapes,
  type ParameterTensor,
  shown,
} from "./shapes/layer-shapes.ts";
export { featureAxis } from "./shapes/normalisation.ts";

export type ShapesResult =
  | { layers: LayerShapes[]; output: number[]; parameterCount: number; faults: null }
  | { faults: Fault[] };

/** Orthogonalising n vectors of m numbers takes n² m steps: at most a quarter of a minute, for 2048. */
const MAX_ORTHOGONAL = 2048;
/** How many numbers a layer may give for one row: 256 MiB of float32. */
const MAX_NUMBERS = 2 ** 26;
const POINTER = "/model/layers";

/**
 * Which models are accepted: follows one sample's shape (without the batch axis) through the layers.
 *
 * @param layers the layers as sent, or as resolved before
 * @param input the shape of one sample: `[features]` for tables, `[channels, height, width]` for images
 * @param outputs how many numbers the last layer must give; fills in its `units` where they are left out
 * @param initialisation the model's, for the layers that state none
 * @returns every layer with its defaults, its inputs, its shapes and its tensors; or the first fault met,
 *   since what follows a wrong shape has no meaning
 */
export function followShapes(
  layers: readonly Layer[],
  input: readonly number[],
  outputs: number,
  initialisation: Initialisation = DEFAULT_INITIALISATION,
): ShapesResult {
  const connected = connectLayers(layers);
  if (connected.faults) return faultAt(connected.faults[0]);
  const followed: LayerShapes[] = [];
  const shapeOf = (place: number) => (place < 0 ? [...input] : followed[place]!.output);
  for (const [index, layer] of layers.entries()) {
    const prefix = layer.name ?? `layers.${index}`;
    const inputs = connected.inputs[index]!;
    const first = inputs[0]!;
    const joined = inputs.map((place) => ({
      called: place < 0 ? MODEL_INPUT : `"${layers[place]!.name ?? `layers.${place}`}"`,
      shape: shapeOf(place),
    }));
    const step = followLayer(layer, joined, {
      prefix,
      input: shapeOf(first),
      takesData: first < 0,
      outputs: index === layers.length - 1 ? outputs : null,
      initialisation,
    });
    const fault = "message" in step ? step : (tooWide(step.output) ?? tooLargeFor(step.parameters));
    if (fault !== null) return faultAt({ ...fault, pointer: `/${index}${fault.pointer}` });
    if ("message" in step) continue;
    followed.push({ buffers: [], ...step, prefix, inputs, input: shapeOf(first) });
  }
  const output = shapeOf(layers.length - 1);
  if (output.length !== 1 || output[0] !== outputs)
    return faultAt({
      pointer: `/${layers.length - 1}`,
      message: `the last layer gives ${shown(output)}, but the target needs [${outputs}]; end with {"type": "dense"}`,
    });
  const parameterCount = followed
    .flatMap((step) => step.parameters)
    .reduce((sum, parameter) => sum + elements(parameter.shape), 0);
  return { layers: followed, output, parameterCount, faults: null };
}

function followLayer(layer: Layer, joined: readonly Joined[], place: Place): Followed {
  if (layer.type === "add") return followAdd(layer, joined);
  if (layer.type === "concat") return followConcat(layer, joined);
  if (joined.length > 1)
    return {
      pointer: "/inputs",
      message: `${layer.type} takes one input, not ${joined.length}; join them with add or concat first`,
    };
  const { input } = place;
  switch (layer.type) {
    case "dense":
      return followDense(layer, place);
    case "conv2d":
      return followConv2d(layer, place);
    case "max_pool2d":
    case "avg_pool2d":
      return followPool(layer, place);
    case "global_avg_pool2d":
      return followGlobalPool(layer, place);
    case "batch_norm":
      return followBatchNorm(layer, place);
    case "layer_norm":
      return followLayerNorm(layer, place);
    case "embedding":
      return followEmbedding(layer, place);
    case "flatten":
      return { layer, output: [elements(input)], parameters: [] };
    case "leaky_relu":
      return { layer: { slope: 0.01, ...layer }, output: input, parameters: [] };
    case "elu":
      return { layer: { alpha: 1, ...layer }, output: input, parameters: [] };
    case "dropout":
    case "relu":
    case "gelu":
    case "silu":
    case "sigmoid":
    case "tanh":
    case "softmax":
      return { layer, output: input, parameters: [] };
  }
}

/** Padding and joining make outputs grow without a parameter that would count. */
function tooWide(output: readonly number[]): Fault | null {
  if (elements(output) <= MAX_NUMBERS) return null;
  const message = `the layer gives ${shown(output)}, ${elements(output)} numbers for one row; at most ${MAX_NUMBERS}`;
  return { pointer: "", message };
}

function tooLargeFor(parameters: readonly ParameterTensor[]): Fault | null {
  const weight = parameters.find(({ initialisation }) => initialisation === "orthogonal");
  if (weight === undefined) return null;
  const [rows = 1, ...others] = weight.shape;
  const [fewer, more] = [rows, elements(others)].sort((a, b) => a - b) as [number, number];
  if (fewer <= MAX_ORTHOGONAL) return null;
  return {
    pointer: "/initialisation",
    message: `a weight of ${shown(weight.shape)} is ${fewer} vectors of ${more} numbers; at most ${MAX_ORTHOGONAL} vectors can be made orthogonal`,
  };
}

const faultAt = (fault: Fault) => ({
  faults: [{ ...fault, pointer: `${POINTER}${fault.pointer}` }],
});
