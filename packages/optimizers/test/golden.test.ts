import { expect, test } from "vitest";
import { listRules } from "../src/catalogue.ts";
import { readVerification } from "../src/verification.ts";
import { measureVerification } from "./golden/measure-verification.ts";
import { readCases } from "./golden/read-cases.ts";
import { runCase } from "./golden/run-case.ts";

const cases = readCases();

test.each(cases)("$name as $convention/$rule", (golden) => {
  const points = runCase(golden);
  for (const [index, { step, weights }] of golden.recorded.entries()) {
    const after = points[index]!;
    if (golden.exact) expect(after, `step ${step}`).toEqual(weights);
    for (const [element, value] of weights.entries())
      expect(
        Math.abs(after[element]! - value),
        `step ${step}, element ${element}: ${after[element]} for ${value}`,
      ).toBeLessThanOrEqual(golden.rtol * Math.abs(value) + golden.atol);
  }
});

/**
 * Known-good trajectories that no rule can follow. Ftrl: an element-wise real power, which the language does
 * not have (and it pulls weights without a gradient to zero). The other: Adafactor's row and column averages
 * of a matrix; adafactor_unfactored keeps the whole second moment, as for vectors.
 */
const CANNOT_BE_SAID = [
  "keras_verbatim/ftrl/single_step",
  "keras_verbatim/ftrl/golden",
  "keras/ftrl/mixed/float64",
  "keras/ftrl/mixed/float32",
  "keras_verbatim/adafactor/single_step_2d",
];

test("every known-good trajectory is here but for those that cannot be said", () => {
  const known = cases.filter(({ file }) => file === "trajectories");
  const names = new Set(known.map(({ name }) => name));
  expect(names.size + CANNOT_BE_SAID.length).toBe(201);
  for (const name of CANNOT_BE_SAID) expect(names).not.toContain(name);
});

test("every rule is compared with a reference, in either precision", () => {
  for (const { rule, convention } of listRules())
    for (const precision of ["float64", "float32"]) {
      const own = cases.filter(
        (each) =>
          each.rule === rule && each.convention === convention && each.precision === precision,
      );
      expect(own.length, `${convention}/${rule} in ${precision}`).toBeGreaterThanOrEqual(2);
    }
});

test("rules/verification.json is what `npm run verify` measures", () => {
  expect(readVerification()).toEqual(measureVerification());
});
