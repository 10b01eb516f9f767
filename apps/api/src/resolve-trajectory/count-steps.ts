import type { Fault, TrajectoryRequest } from "@descent/contracts";

const DEFAULT_STEPS = 100;

/**
 * How many updates there are: one per gradient, or what `steps` says for a function.
 * @returns null, with the faults, where it is not said which of the two
 */
export function countSteps(
  { gradients, function: descended, steps }: TrajectoryRequest,
  faults: Fault[],
): number | null {
  if (gradients && descended !== undefined) {
    const message = "stands beside gradients; leave one of the two out";
    faults.push({ pointer: "/function", message });
    return null;
  }
  if (gradients) {
    if (steps !== undefined)
      faults.push({
        pointer: "/steps",
        message: `is for a function; the ${gradients.length} gradients say how many steps there are`,
      });
    return gradients.length;
  }
  if (descended !== undefined) return steps ?? DEFAULT_STEPS;
  faults.push({ pointer: "/gradients", message: "either gradients or a function is required" });
  return null;
}
