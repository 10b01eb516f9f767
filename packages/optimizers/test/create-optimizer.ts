import type { HyperValues, Precision } from "@descent/contracts";
import { findRule, resolveHypers } from "../src/catalogue.ts";
import { compileRule, type Optimizer } from "../src/index.ts";

/**
 * An optimizer of a built-in rule over one tensor. Hypers left out get the rule's defaults.
 *
 * @throws RangeError where no such rule or convention exists, or a hyper is unknown or out of its range
 */
export function createOptimizer<P extends Precision = "float32">(
  { rule, convention, hypers }: { rule: string; convention: string; hypers: HyperValues },
  parameterCount: number,
  precision: P = "float32" as P,
): Optimizer<P> {
  const found = findRule(rule, convention);
  if (!found) throw new RangeError(`there is no rule "${rule}" in the convention "${convention}"`);
  const resolved = resolveHypers(found, hypers);
  if (resolved.faults) {
    const faults = resolved.faults.map((fault) => `${fault.name} ${fault.message}`);
    throw new RangeError(`${convention}/${rule}: ${faults.join("; ")}`);
  }
  return compileRule(found.text, resolved.hypers, parameterCount, precision);
}
