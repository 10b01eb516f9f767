import type { Precision, Verification } from "@descent/contracts";
import { listRules } from "../../src/catalogue.ts";
import type { Verifications } from "../../src/verification.ts";
import { type GoldenCase, readCases } from "./read-cases.ts";
import { runCase } from "./run-case.ts";

/** Runs every golden trajectory through the compiled rules and says how far they agree. */
export function measureVerification(): Verifications {
  const cases = readCases().filter(({ rounded }) => !rounded);
  return Object.fromEntries(
    listRules().map(({ rule, convention }): [string, Verification] => [
      `${convention}/${rule}`,
      measure(cases.filter((each) => each.rule === rule && each.convention === convention)),
    ]),
  );
}

function measure(cases: readonly GoldenCase[]): Verification {
  const runs = cases.map((golden) => ({ golden, points: runCase(golden) }));
  const worst = (precision: Precision) => {
    const ours = runs.filter(({ golden }) => golden.precision === precision);
    // Two digits: the rest is noise of the last bits.
    return ours.length > 0
      ? Number(Math.max(...ours.map((run) => difference(run.golden, run.points))).toPrecision(2))
      : null;
  };
  const single = runs.filter(({ golden }) => golden.precision === "float32");
  return {
    references: [...new Set(cases.map(({ reference }) => reference))],
    trajectories: cases.length,
    steps: cases.reduce((sum, { factors }) => sum + factors.length, 0),
    worst_relative_difference: { float64: worst("float64"), float32: worst("float32") },
    float32_bits_equal: {
      trajectories: single.filter(({ golden, points }) => sameBits(golden, points)).length,
      of: single.length,
    },
  };
}

/** The largest |ours - reference| / max(|reference|, the largest weight of that step). */
function difference({ recorded }: GoldenCase, points: readonly number[][]): number {
  const relative = recorded.map(({ weights }, step) => {
    const largest = Math.max(...weights.map(Math.abs));
    const errors = weights.map((value, index) => Math.abs(points[step]![index]! - value));
    return largest === 0 ? Math.max(...errors) : Math.max(...errors) / largest;
  });
  return Math.max(...relative);
}

function sameBits({ recorded }: GoldenCase, points: readonly number[][]): boolean {
  return recorded.every(({ weights }, step) =>
    weights.every((value, index) => Object.is(points[step]![index], value)),
  );
}
