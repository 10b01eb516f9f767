import { expect, test } from "vitest";
import { listRules } from "../src/catalogue.ts";
import { compileRule, RuleError } from "../src/index.ts";
import { interpret } from "./interpret.ts";
import { createRandom } from "./random.ts";
import { randomProgram } from "./random-program.ts";

const PRECISIONS = ["float32", "float64"] as const;

/** Runs a rule both ways and compares weights and states after every step, bit for bit. */
function compare(text: string, hypers: Record<string, number | boolean>, count: number): void {
  for (const precision of PRECISIONS) {
    const start = Array.from({ length: count }, (_, i) => Math.sin(3 * i + 1) * 2);
    const compiled = compileRule(text, hypers, count, precision);
    compiled.weights.set(start);
    const interpreted = interpret(text, hypers, start, precision);
    for (let step = 0; step < 6; step++) {
      const gradients = start.map((_, i) =>
        i === 2 ? 0 : Math.cos(i * 7 + step * 3) * (1 + (i % 5)),
      );
      const factor = step === 4 ? 0.1 : 1;
      compiled.gradients.set(gradients);
      compiled.step(factor);
      interpreted.step(gradients, factor);
      const arrays = { w: compiled.weights, ...compiled.states };
      for (const [name, array] of Object.entries(arrays))
        expect(
          Array.from(array, bits),
          `${name} after step ${step} in ${precision}\n${text}`,
        ).toEqual((interpreted.values.get(name) as number[]).map(bits));
    }
  }
}
/** Not a number is one kind here: its sign and payload are not fixed by IEEE. Zeros keep their sign. */
const bits = (x: number) => (Object.is(x, -0) ? "-0" : String(x));

test("every built-in rule, with defaults and with every option turned on", () => {
  for (const { text, hypers } of listRules()) {
    const defaults = Object.fromEntries(hypers.map((hyper) => [hyper.name, hyper.default]));
    const changed = Object.fromEntries(
      hypers.map(({ name, kind, default: value }) => [
        name,
        kind === "boolean" ? !value : value === 0 ? 0.125 : value,
      ]),
    );
    for (const values of [defaults, changed]) compare(text, values, 13);
  }
});

test("states named as the compiler might name what it needs itself", () => {
  const text = `
hyper lr = 0.1
state half = 3, whole = 2
a = norm(half + g) + norm(whole - g)
b = norm(half - g) + norm(whole + half)
w -= lr * (a + b)
half = half + g
whole = whole - norm(half) * g`;
  for (const count of [1, 5, 13]) compare(text, { lr: 0.1 }, count);
});

test("programs made at random", () => {
  const random = createRandom(2026);
  let compiled = 0;
  for (let round = 0; round < 1500; round++) {
    const text = randomProgram(random);
    try {
      compare(text, { lr: 0.5, on: round % 2 === 0, c: 0.75 }, 1 + random(11));
      compiled += 1;
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
    }
  }
  expect(compiled).toBeGreaterThan(1000);
});
