import { readFileSync } from "node:fs";
import type { Hyper } from "@descent/contracts";
import { parseRule } from "./language/parse.ts";

/** What is known of a rule without compiling it. */
export interface RuleDescription {
  rule: string;
  convention: string;
  title: string;
  hypers: Hyper[];
  text: string;
}

/** Every built-in rule, in the order a list shows them. */
const BUILT_IN: readonly [rule: string, convention: string][] = [
  ["sgd", "paper"],
  ["sgd", "torch"],
  ["momentum", "paper"],
  ["momentum", "torch"],
  ["nesterov", "paper"],
  ["nesterov", "torch"],
  ["adam", "paper"],
  ["adam", "torch"],
];

const catalogue: readonly RuleDescription[] = BUILT_IN.map(([rule, convention]) => {
  const text = readFileSync(
    new URL(`../rules/${convention}/${rule}.rule`, import.meta.url),
    "utf8",
  );
  const { title, hypers } = parseRule(text);
  return { rule, convention, title, text, hypers: hypers.map(described) };
});

export function listRules(): readonly RuleDescription[] {
  return catalogue;
}

export function findRule(rule: string, convention: string): RuleDescription | undefined {
  return catalogue.find((each) => each.rule === rule && each.convention === convention);
}

export interface HyperFault {
  name: string;
  message: string;
  allowed?: (string | number | boolean)[];
}

/**
 * Fills in what was left out and refuses what the rule does not have, is of another kind or out of range.
 *
 * @returns a value for every hyper of the rule, or all faults
 */
export function resolveHypers(
  { rule, convention, hypers }: RuleDescription,
  given: Readonly<Record<string, unknown>>,
): { hypers: Record<string, number | boolean>; faults: null } | { faults: HyperFault[] } {
  const faults: HyperFault[] = [];
  const resolved: Record<string, number | boolean> = {};
  for (const name of Object.keys(given)) {
    if (hypers.some((hyper) => hyper.name === name)) continue;
    const allowed = hypers.map((hyper) => hyper.name);
    faults.push({ name, message: `${rule} (${convention}) has no hyper "${name}"`, allowed });
  }
  for (const hyper of hypers) {
    const value = Object.hasOwn(given, hyper.name) ? given[hyper.name] : hyper.default;
    if (typeof value !== hyper.kind)
      faults.push({ name: hyper.name, message: `must be a ${hyper.kind}` });
    else if (typeof value === "number" && !inRange(value, hyper))
      faults.push({ name: hyper.name, message: `must be in ${range(hyper)}, is ${value}` });
    else resolved[hyper.name] = value as number | boolean;
  }
  return faults.length > 0 ? { faults } : { hypers: resolved, faults: null };
}

function inRange(value: number, hyper: Hyper): boolean {
  const { minimum, maximum } = hyper;
  const above = minimum === null || (hyper.exclusive_minimum ? value > minimum : value >= minimum);
  const below = maximum === null || (hyper.exclusive_maximum ? value < maximum : value <= maximum);
  return Number.isFinite(value) && above && below;
}

function range(hyper: Hyper): string {
  const left = hyper.exclusive_minimum || hyper.minimum === null ? "(" : "[";
  const right = hyper.exclusive_maximum || hyper.maximum === null ? ")" : "]";
  return `${left}${hyper.minimum ?? "-inf"}, ${hyper.maximum ?? "inf"}${right}`;
}

type Declared = ReturnType<typeof parseRule>["hypers"][number];

function described(hyper: Declared): Hyper {
  const bound = (value: number) => (Number.isFinite(value) ? value : null);
  return {
    name: hyper.name,
    kind: typeof hyper.default === "boolean" ? "boolean" : "number",
    default: hyper.default,
    minimum: bound(hyper.minimum),
    exclusive_minimum: hyper.exclusiveMinimum,
    maximum: bound(hyper.maximum),
    exclusive_maximum: hyper.exclusiveMaximum,
  };
}
