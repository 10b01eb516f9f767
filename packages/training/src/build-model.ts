import { followShapes, type ResolvedJob } from "@descent/contracts";
import type { PreparedData } from "@descent/datasets";
import { type Model, modelOfLayers } from "@descent/graph";

/**
 * A job's model, as the engine takes it.
 *
 * @throws Error when it does not fit the data, which the API has seen to
 */
export function buildModel(
  { model }: Pick<ResolvedJob, "model">,
  { inputShape, outputs }: Pick<PreparedData, "inputShape" | "outputs">,
): Model {
  if (!("layers" in model)) throw new Error("not yet");
  const shapes = followShapes(model.layers, inputShape, outputs, model.initialisation);
  if (shapes.faults) throw new Error(`the model does not fit: ${JSON.stringify(shapes.faults)}`);
  return modelOfLayers(shapes.layers, inputShape);
}
