import type {
  DatasetProfile,
  Fault,
  JobSpec,
  Loss,
  ResolvedJob,
  Scaling,
} from "@descent/contracts";

const ACCEPTED: Record<"table" | "images", Scaling[]> = {
  table: ["standardize", "none"],
  images: ["unit", "none"],
};

/**
 * How inputs and a number target are scaled. Tables are standardized, images divided by 255. A number
 * target is standardized together with the features, so that one learning rate suits both.
 */
export function chooseScaling(
  spec: JobSpec["dataset"],
  profile: DatasetProfile,
  loss: Loss | null,
  faults: Fault[],
): Pick<ResolvedJob["dataset"], "scaling" | "target_scaling"> {
  const kind = profile.shape === null ? "table" : "images";
  const allowed = ACCEPTED[kind];
  const scaling = spec.scaling ?? (kind === "table" ? "standardize" : "unit");
  if (!allowed.includes(scaling)) {
    const message = `${scaling} is not for ${kind === "table" ? "tables" : kind}`;
    faults.push({ pointer: "/dataset/scaling", message, allowed });
  }
  if (loss === "cross_entropy" && spec.target_scaling === "standardize")
    faults.push({
      pointer: "/dataset/target_scaling",
      message: "classes have no scale; this is for a number target (mse)",
      allowed: ["none"],
    });
  const byDefault = loss === "mse" && scaling === "standardize" ? "standardize" : "none";
  return { scaling, target_scaling: spec.target_scaling ?? byDefault };
}
