import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { findRule, resolveHypers } from "../src/catalogue.ts";
import { createOptimizer } from "../src/index.ts";

interface Case {
  name: string;
  rule: string;
  convention: string;
  hypers: Record<string, number | boolean>;
  precision: "float32" | "float64";
  start: number[];
  gradients: number[][];
  expected: number[][];
  /** Where it is there, every float32 bit is the framework's: one rounding per operation, the same order. */
  bits?: "exact";
  rtol?: number;
  atol?: number;
}
const { cases } = JSON.parse(
  readFileSync(new URL("golden/trajectories.json", import.meta.url), "utf8"),
) as { cases: Case[] };

/** In float32, 12 steps of the same formula end within this of float64 even near zero crossings. */
const TOLERANCE = { float64: { rtol: 1e-10, atol: 1e-15 }, float32: { rtol: 1e-3, atol: 2e-6 } };

test.each(cases)("$name as $convention/$rule", (golden) => {
  const { rule, convention, precision, start, expected } = golden;
  const { rtol, atol } = { ...TOLERANCE[precision], ...golden };
  const resolved = resolveHypers(findRule(rule, convention)!, golden.hypers);
  if (resolved.faults) throw new Error(JSON.stringify(resolved.faults));
  const { hypers } = resolved;
  const optimizer = createOptimizer({ rule, convention, hypers }, start.length, precision);
  optimizer.weights.set(start);
  for (const [step, gradient] of golden.gradients.entries()) {
    optimizer.gradients.set(gradient);
    optimizer.step();
    const after = Array.from(optimizer.weights as Float64Array);
    if (golden.bits === "exact") expect(after, `step ${step}`).toEqual(expected[step]);
    for (const [index, value] of expected[step]!.entries())
      expect(Math.abs(after[index]! - value), `step ${step}, element ${index}`).toBeLessThanOrEqual(
        rtol * Math.abs(value) + atol,
      );
  }
});
