import type { Fault, PenaltySpec, ResolvedPenalty } from "@descent/contracts";
import { MAX_NAMED, matchesPattern } from "./matches-pattern.ts";

/**
 * Which tensors every penalty has. A tensor has the first penalty that matches it, as it belongs to the
 * first group of the optimizer.
 *
 * @param tensors the names of all parameter tensors; null where they are not known
 */
export function resolvePenalties(
  penalties: readonly PenaltySpec[],
  tensors: readonly string[] | null,
  faults: Fault[],
): ResolvedPenalty[] {
  let free = tensors ?? [];
  return penalties.map(({ match, l1 = 0, l2 = 0 }, index) => {
    const pointer = `/penalty/${index}`;
    if (l1 === 0 && l2 === 0)
      faults.push({ pointer, message: "penalises nothing: say l1 or l2, greater than 0" });
    const matched = free.filter((tensor) => matchesPattern(match, tensor));
    if (tensors && matched.length === 0) {
      const taken = tensors.some((tensor) => matchesPattern(match, tensor));
      faults.push({
        pointer: `${pointer}/match`,
        message: taken
          ? `every tensor that "${match}" matches has an earlier penalty`
          : `"${match}" matches no parameter tensor`,
        allowed: (taken ? free : tensors).slice(0, MAX_NAMED),
      });
    }
    free = free.filter((tensor) => !matched.includes(tensor));
    return { match, tensors: matched, l1, l2 };
  });
}
