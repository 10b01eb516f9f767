import {
  type DatasetProfile,
  type Fault,
  isOverClasses,
  type JobSpec,
  type Loss,
  type ResolvedJob,
  type Scaling,
  type UploadedModel,
} from "@descent/contracts";
import { takesIndices } from "./check-embeddings.ts";

const ACCEPTED: Record<"table" | "images", Scaling[]> = {
  table: ["standardize", "none"],
  images: ["unit", "none"],
};

/**
 * How inputs and a number target are scaled. Tables are standardized, images divided by 255; what an
 * embedding takes stays as it is, and so do tables for an uploaded model, which has learnt on other numbers
 * than this data set's statistics would make. A number target is standardized together with the features, so
 * that one learning rate suits both.
 */
export function chooseScaling(
  { dataset: spec, model }: Pick<JobSpec, "dataset" | "model">,
  upload: UploadedModel | null,
  profile: DatasetProfile,
  loss: Loss | null,
  faults: Fault[],
): Pick<ResolvedJob["dataset"], "scaling" | "target_scaling"> {
  const kind = profile.shape === null ? "table" : "images";
  const indices = takesIndices(model, upload);
  const allowed: Scaling[] = indices ? ["none"] : ACCEPTED[kind];
  const byDefaultScaling: Scaling = "id" in model && kind === "table" ? "none" : allowed[0]!;
  const scaling = spec.scaling ?? byDefaultScaling;
  if (!allowed.includes(scaling)) {
    const of = kind === "table" ? "tables" : kind;
    const message = `${scaling} is not for ${indices ? "the whole numbers that an embedding takes" : of}`;
    faults.push({ pointer: "/dataset/scaling", message, allowed });
  }
  if (loss && isOverClasses(loss) && spec.target_scaling === "standardize")
    faults.push({
      pointer: "/dataset/target_scaling",
      message: "classes have no scale; this is for a number target",
      allowed: ["none"],
    });
  const byDefault =
    loss && !isOverClasses(loss) && scaling === "standardize" ? "standardize" : "none";
  return { scaling, target_scaling: spec.target_scaling ?? byDefault };
}
