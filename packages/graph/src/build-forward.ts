import type { Activation, LayerShapes } from "@descent/contracts";
import { addInput, type ForwardGraph, type Value } from "./graph.ts";
import { appendActivation } from "./layers/append-activation.ts";
import { appendLayer } from "./layers/append-layer.ts";
import type { AppendedModel, Mode } from "./model.ts";

/**
 * Appends a model to the graph, layer by layer.
 *
 * @param layers what contracts' followShapes accepted
 * @param inputShape the shape of one sample: [features] or [channels, height, width]
 * @param input what the model takes, where it is not an input of the graph itself
 */
export function buildForward(
  graph: ForwardGraph,
  layers: readonly LayerShapes[],
  inputShape: readonly number[],
  mode: Mode,
  input: Value = addInput(graph, "input", "float32", ["rows", ...inputShape]),
): AppendedModel {
  const model: Omit<AppendedModel, "output"> = {
    ...{ input, parameters: [], buffers: [] },
    ...{ masks: [], statistics: [] },
  };
  const outputs: Value[] = [];
  const postponed = layers.map((_, index) => reluAfterPool(layers, index));
  for (const [index, layer] of layers.entries()) {
    const xs = layer.inputs.map((place) => (place < 0 ? input : outputs[place]!));
    const tensor = ({ name, shape }: { name: string; shape: number[] }) =>
      addInput(graph, name, "float32", shape);
    const own = layer.parameters.map(tensor);
    const running = mode === "inference" ? layer.buffers.map(tensor) : null;
    model.parameters.push(...own);
    model.buffers.push(...(running ?? []));
    let value = appendLayer(graph, layer, xs, own, running, model);
    if (!postponed[index]) value = appendActivation(graph, activationOf(layer), value);
    if (postponed[layer.inputs[0]!]) value = appendActivation(graph, "relu", value);
    outputs.push(value);
  }
  return { ...model, output: outputs.at(-1)! };
}

/**
 * Whether a layer's relu waits until after the pooling that alone takes it: max(relu(x)) = relu(max(x)), to
 * the bit and in its derivative, and there are fewer numbers to pass through relu and back (2c2d: 187 -> 180
 * ms a step).
 */
function reluAfterPool(layers: readonly LayerShapes[], index: number): boolean {
  if (activationOf(layers[index]!) !== "relu") return false;
  const takers = layers.filter(({ inputs }) => inputs.includes(index));
  return takers.length === 1 && takers[0]!.layer.type === "max_pool2d";
}

function activationOf({ layer }: LayerShapes): Activation {
  return "activation" in layer ? layer.activation : "none";
}
