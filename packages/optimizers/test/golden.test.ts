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
}
const { cases } = JSON.parse(
  readFileSync(new URL("golden/trajectories.json", import.meta.url), "utf8"),
) as { cases: Case[] };

test.each(cases)(
  "$name",
  ({ name, rule, convention, hypers, precision, start, gradients, expected }) => {
    const resolved = resolveHypers(findRule(rule, convention)!, hypers);
    if (resolved.faults) throw new Error(JSON.stringify(resolved.faults));
    const optimizer = createOptimizer(
      { rule, convention, hypers: resolved.hypers },
      start.length,
      precision,
    );
    optimizer.weights.set(start);
    for (const [step, gradient] of gradients.entries()) {
      optimizer.gradients.set(gradient);
      optimizer.step();
      const after = Array.from(optimizer.weights as Float64Array);
      // PyTorch's Adam with its defaults agrees to the last bit in float32; elsewhere it fuses multiply and add.
      if (name === "torch/adam_default/mixed/float32")
        expect(after).toEqual(expected[step]!.map(Math.fround));
      for (const [index, value] of expected[step]!.entries()) {
        const tolerance =
          precision === "float64" ? 1e-10 * Math.abs(value) + 1e-15 : 1e-3 * Math.abs(value) + 2e-6;
        expect(
          Math.abs(after[index]! - value),
          `step ${step}, element ${index}`,
        ).toBeLessThanOrEqual(tolerance);
      }
    }
  },
);
