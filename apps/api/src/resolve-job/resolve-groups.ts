import type { Fault, GroupSpec, HyperValues, ResolvedGroup } from "@descent/contracts";
import { type RuleDescription, resolveHypers } from "@descent/optimizers/catalogue";
import { pointerStep } from "../problem/pointer.ts";
import { MAX_NAMED, matchesPattern } from "./matches-pattern.ts";

/**
 * Which tensors every group has, and all its hypers: its own over the optimizer's. A tensor belongs to the
 * first group that matches it.
 *
 * @param given the optimizer's hypers as sent
 * @param tensors the names of all parameter tensors; null where they are not known
 */
export function resolveGroups(
  groups: readonly GroupSpec[],
  rule: RuleDescription,
  given: Readonly<Record<string, unknown>>,
  tensors: readonly string[] | null,
  faults: Fault[],
): ResolvedGroup[] {
  let free = tensors ?? [];
  return groups.map(({ match, ...own }, index) => {
    const pointer = `/optimizer/groups/${index}`;
    const resolution = resolveHypers(rule, { ...given, ...own });
    for (const { name, ...fault } of resolution.faults ?? [])
      if (Object.hasOwn(own, name))
        faults.push({ pointer: `${pointer}/${pointerStep(name)}`, ...fault });

    const matched = free.filter((tensor) => matchesPattern(match, tensor));
    if (tensors && matched.length === 0) {
      const taken = tensors.some((tensor) => matchesPattern(match, tensor));
      faults.push({
        pointer: `${pointer}/match`,
        message: taken
          ? `every tensor that "${match}" matches belongs to an earlier group`
          : `"${match}" matches no parameter tensor`,
        allowed: (taken ? free : tensors).slice(0, MAX_NAMED),
      });
    }
    free = free.filter((tensor) => !matched.includes(tensor));
    const hypers: HyperValues = resolution.faults ? {} : resolution.hypers;
    return { match, tensors: matched, hypers };
  });
}
