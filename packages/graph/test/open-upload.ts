import type { Loss } from "@descent/contracts";
import { createTrainingStep, initialiseWeights, type Model, placeTensors } from "../src/index.ts";

/**
 * An uploaded model in memory, its weights as the file has them, a new head from the seed.
 *
 * @param drops whether dropout that the file has drops; otherwise it passes everything
 */
export async function openUpload(given: Model, loss: Loss, drops = true) {
  const model = drops ? given : { ...given, append: withoutMasks(given) };
  const { tensors, length } = placeTensors(model.parameters);
  const weights = new Float32Array(length);
  initialiseWeights(weights, tensors, 5, model.stored);
  const gradients = new Float32Array(length);
  const training = await createTrainingStep({ model, loss, weights, gradients, seed: 1 });
  return { tensors, weights, gradients, training };
}

/** The model with every mask of dropout a one, as PyTorch's numbers without dropout are. */
function withoutMasks(model: Model): Model["append"] {
  return (graph, mode, input) => {
    const appended = model.append(graph, mode, input);
    for (const mask of appended.masks) mask.rate = 0;
    return appended;
  };
}
