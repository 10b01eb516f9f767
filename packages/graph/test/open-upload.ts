import type { Loss } from "@descent/contracts";
import { createTrainingStep, initialiseWeights, type Model, placeTensors } from "../src/index.ts";

/** An uploaded model in memory, its weights as the file has them, a new head from the seed. */
export async function openUpload(model: Model, loss: Loss) {
  const { tensors, length } = placeTensors(model.parameters);
  const weights = new Float32Array(length);
  initialiseWeights(weights, tensors, 5, model.stored);
  const gradients = new Float32Array(length);
  const training = await createTrainingStep({ model, loss, weights, gradients, seed: 1 });
  return { tensors, weights, gradients, training };
}
