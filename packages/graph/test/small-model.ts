import {
  elements,
  followShapes,
  type Layer,
  type LayerShapes,
  type Loss,
} from "@descent/contracts";
import {
  createTrainingStep,
  initialiseWeights,
  type Model,
  modelOfLayers,
  placeTensors,
  type TrainingStep,
} from "../src/index.ts";
import { randomNumbers } from "./check-gradients.ts";

export interface SmallModel {
  layers: LayerShapes[];
  weights: Float32Array;
  gradients: Float32Array;
  memory: WebAssembly.Memory;
  training: TrainingStep;
}

export function follow(layers: Layer[], input: number[], outputs: number): LayerShapes[] {
  const shapes = followShapes(layers, input, outputs, "he_normal");
  if (shapes.faults !== null) throw new Error(shapes.faults[0]!.message);
  return shapes.layers;
}

/** The same as the engine takes it. */
export function modelOf(layers: Layer[], input: number[], outputs: number): Model {
  return modelOfLayers(follow(layers, input, outputs), input);
}

/** A model in a WebAssembly.Memory, as the optimizer has it: weights first, then gradients; biases not zero. */
export async function openModel(
  layers: Layer[],
  input: number[],
  outputs: number,
  loss: Loss,
): Promise<SmallModel> {
  const followed = follow(layers, input, outputs);
  const model = modelOfLayers(followed, input);
  const { tensors, length } = placeTensors(model.parameters);
  const memory = new WebAssembly.Memory({ initial: Math.ceil((length * 8) / 65536) });
  const weights = new Float32Array(memory.buffer, 0, length);
  const gradients = new Float32Array(memory.buffer, length * 4, length);
  initialiseWeights(weights, tensors, 5);
  const random = randomNumbers(6);
  for (const { role, offset, length: count } of tensors)
    if (role === "bias") for (let i = 0; i < count; i++) weights[offset + i] = 0.3 * random();
  const training = await createTrainingStep({
    model,
    loss,
    weights,
    gradients,
    seed: 8,
  });
  return { layers: followed, weights, gradients, memory, training };
}

export function randomBatch(rows: number, input: number[], outputs: number, seed = 7) {
  const random = randomNumbers(seed);
  return {
    inputs: Float32Array.from({ length: rows * elements(input) }, random),
    classes: Int32Array.from({ length: rows }, () => Math.floor(((random() + 1) / 2) * outputs)),
    numbers: Float32Array.from({ length: rows * outputs }, random),
  };
}
