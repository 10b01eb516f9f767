import { followShapes, type ResolvedJob } from "@descent/contracts";
import type { PreparedData } from "@descent/datasets";
import { type Model, modelOfLayers, modelOfOnnx, readOnnx } from "@descent/graph";

/**
 * A job's model, as the engine takes it.
 *
 * @param upload the ONNX file of the uploaded model; null where the job trains layers
 * @throws ModelRefused where the file is not what was uploaded; Error when the model does not fit the data,
 *   which the API has seen to
 */
export function buildModel(
  { model, loss }: Pick<ResolvedJob, "model" | "loss">,
  { inputShape, outputs }: Pick<PreparedData, "inputShape" | "outputs">,
  upload: Uint8Array | null = null,
): Model {
  if (!("layers" in model)) {
    if (upload === null) throw new Error("the job trains an uploaded model, but there is no file");
    const { head, frozen, initialisation } = model;
    const choice = { head, frozen, initialisation, outputs, inputShape, loss };
    return modelOfOnnx(readOnnx(upload), choice);
  }
  const shapes = followShapes(model.layers, inputShape, outputs, model.initialisation);
  if (shapes.faults) throw new Error(`the model does not fit: ${JSON.stringify(shapes.faults)}`);
  return modelOfLayers(shapes.layers, inputShape);
}
