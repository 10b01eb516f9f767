import { elements, type Model, statedLayers, type UploadedModel } from "@descent/contracts";

/** The units that the last layer states, or that an uploaded model's own head has. */
export function lastUnits(model: Model, upload: UploadedModel | null): number | undefined {
  if ("id" in model)
    return upload && model.head !== "replace" ? elements(upload.output.shape) : undefined;
  const last = statedLayers(model).at(-1);
  return last?.type === "dense" ? last.units : undefined;
}
