import type { Loss, LossSpec } from "@descent/contracts";

/** PyTorch's HuberLoss and Keras's Huber. */
const DELTA = 1;

/** Fills in what a loss leaves out; where its options say no more than its name does, the name is left. */
export function resolveLoss(spec: LossSpec): Loss {
  const given: Exclude<LossSpec, string> = typeof spec === "string" ? { type: spec } : spec;
  switch (given.type) {
    case "cross_entropy": {
      const { label_smoothing = 0, class_weights = null } = given;
      if (label_smoothing === 0 && class_weights === null) return "cross_entropy";
      return { type: "cross_entropy", label_smoothing, class_weights };
    }
    case "huber":
      return { type: "huber", delta: given.delta ?? DELTA };
    default:
      return given.type;
  }
}
