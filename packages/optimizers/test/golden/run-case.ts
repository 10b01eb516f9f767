import { findRule, resolveHypers } from "../../src/catalogue.ts";
import { buildOptimizer } from "../../src/optimizer.ts";
import type { GoldenCase } from "./read-cases.ts";

/** The weights after every recorded step, from the rule as it is compiled for jobs. */
export function runCase(golden: GoldenCase): number[][] {
  const { rule, convention, precision, start, gradients, factors, clip } = golden;
  const found = findRule(rule, convention);
  if (!found) throw new Error(`there is no ${convention}/${rule}`);
  const resolved = resolveHypers(found, golden.hypers);
  if (resolved.faults) throw new Error(`${golden.name}: ${JSON.stringify(resolved.faults)}`);
  const optimizer = buildOptimizer({
    text: found.text,
    precision,
    convention,
    clip,
    tensors: [{ begin: 0, length: start.length }],
    groups: [{ tensors: [0], hypers: resolved.hypers }],
  });
  optimizer.weights.set(start);
  const points: number[][] = [];
  for (const [step, factor] of factors.entries()) {
    const at = points.at(-1) ?? start;
    optimizer.gradients.set(Array.isArray(gradients) ? gradients[step]! : rosenbrock(at));
    optimizer.step(factor);
    points.push(Array.from(optimizer.weights));
  }
  return golden.recorded.map(({ step }) => points[step - 1]!);
}

/** The gradient of (1 - x)^2 + 100 (y - x^2)^2. */
function rosenbrock([x, y]: readonly number[]): number[] {
  return [-2 * (1 - x!) - 400 * x! * (y! - x! * x!), 200 * (y! - x! * x!)];
}
