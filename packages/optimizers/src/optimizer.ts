/// <reference path="./webassembly.d.ts" />
import { findRule, resolveHypers } from "./catalogue.ts";
import { emitKernel, type Layout, MAX_UNIFORMS, type Precision } from "./kernel/emit.ts";
import { emitSumOfSquares, PADDING, padded } from "./kernel/gradient-norm.ts";
import { checkRule } from "./language/check.ts";
import { parseRule } from "./language/parse.ts";
import { evaluate, type HyperValues, specialise } from "./language/specialise.ts";

type Numbers<P extends Precision> = P extends "float64" ? Float64Array : Float32Array;

/** An optimizer over one flat array of parameters; its views stay valid for its whole life. */
export interface Optimizer<P extends Precision = "float32"> {
  memory: WebAssembly.Memory;
  weights: Numbers<P>;
  /** Written by whoever computes gradients, read by `step`. */
  gradients: Numbers<P>;
  states: Record<string, Numbers<P>>;
  readonly stepsTaken: number;
  /** One update of all weights from the gradients; `lr` replaces the hyper's value for this step. */
  step(lr?: number): void;
  /** The L2 norm of all gradients, added up in doubles. */
  gradientNorm(): number;
}

const UNIFORM_BYTES = 8 * MAX_UNIFORMS;
const PAGE = 65_536;
const MAX_PAGES = 65_536;

/**
 * Compiles a rule's text for given hypers.
 *
 * @param hypers every hyper of the rule has a value here
 * @param count how many parameters
 * @throws RuleError where the text cannot be used; RangeError where the arrays pass 4 GiB or the
 *   machine has no such memory
 */
export function compileRule<P extends Precision = "float32">(
  text: string,
  hypers: HyperValues,
  count: number,
  precision: P = "float32" as P,
): Optimizer<P> {
  if (!Number.isSafeInteger(count) || count < 0)
    throw new RangeError(`a model cannot have ${count} parameters`);
  const rule = parseRule(text);
  checkRule(rule);
  const special = specialise(rule, hypers);

  // Arrays one after another, each a whole number of cache lines further by one, so that equal indices
  // of several arrays do not fall into the same set of the cache.
  const size = padded(count, precision);
  const names = ["w", "g", ...special.states.map(({ name }) => name)];
  const layout: Layout = Object.fromEntries(
    names.map((name, index) => [name, UNIFORM_BYTES + index * (size + PADDING)]),
  );
  const pages = Math.ceil((UNIFORM_BYTES + names.length * (size + PADDING)) / PAGE);
  if (pages > MAX_PAGES)
    throw new RangeError(
      `${count} parameters with ${names.length} arrays each need more than 4 GiB`,
    );
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });

  const kernel = emitKernel(special, layout, precision);
  const update = instantiate(kernel.bytes, memory);
  const sumOfSquares = instantiate(emitSumOfSquares(layout.g!, precision), memory);

  const view = (name: string) =>
    (precision === "float64"
      ? new Float64Array(memory.buffer, layout[name]!, count)
      : new Float32Array(memory.buffer, layout[name]!, count)) as Numbers<P>;
  const states = Object.fromEntries(special.states.map(({ name }) => [name, view(name)]));
  for (const { name, start } of special.states) states[name]!.fill(start);

  const slots = new DataView(memory.buffer, 0, UNIFORM_BYTES);
  let t = 0;
  return {
    memory,
    weights: view("w"),
    gradients: view("g"),
    states,
    get stepsTaken() {
      return t;
    },
    step(lr) {
      t += 1;
      const values: Record<string, number | boolean> = { ...hypers, t };
      if (lr !== undefined) values.lr = lr;
      for (const [slot, { expression, name }] of kernel.uniforms.entries()) {
        const value = evaluate(expression, values);
        if (name !== null) values[name] = value;
        if (precision === "float64") slots.setFloat64(slot * 8, value, true);
        else slots.setFloat32(slot * 8, value, true);
      }
      update(size);
    },
    gradientNorm: () => Math.sqrt(sumOfSquares(size)),
  };
}

/**
 * The optimizer of a built-in rule. Hypers left out get the rule's defaults.
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

function instantiate(bytes: Uint8Array<ArrayBuffer>, memory: WebAssembly.Memory) {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { rule: { memory } });
  return exports.run as (byteCount: number) => number;
}
