import { readFileSync } from "node:fs";
import type { Hyper, Verification } from "@descent/contracts";
import { checkRule } from "./language/check.ts";
import { parseRule } from "./language/parse.ts";
import { readVerification } from "./verification.ts";

/** What is known of a rule without compiling it. */
export interface RuleDescription {
  rule: string;
  convention: string;
  title: string;
  hypers: Hyper[];
  text: string;
  /** Null for a rule that was never compared with a reference: a user's own. */
  verified: Verification | null;
}

/**
 * Every built-in rule with its conventions, in the order a list shows them: the textbook's eight, their
 * descendants, then those that take norms or step by signs.
 */
const BUILT_IN: readonly [rule: string, conventions: readonly string[]][] = [
  ["sgd", ["paper", "seed", "torch", "keras", "optax"]],
  ["momentum", ["paper", "torch", "keras", "optax"]],
  ["nesterov", ["paper", "torch", "keras", "optax"]],
  ["adagrad", ["paper", "seed", "torch", "keras", "optax"]],
  ["adadelta", ["paper", "seed", "torch", "keras", "optax"]],
  ["rmsprop", ["paper", "seed", "torch", "keras", "optax"]],
  ["adam", ["paper", "seed", "torch", "keras", "optax"]],
  ["nadam", ["paper", "torch", "keras", "optax"]],
  ["adamw", ["paper", "torch", "keras", "optax"]],
  ["amsgrad", ["paper", "torch", "keras", "optax"]],
  ["nadamw", ["torch", "optax"]],
  ["adamax", ["paper", "torch", "keras", "optax"]],
  ["radam", ["paper", "torch", "optax"]],
  ["lion", ["paper", "keras", "optax"]],
  ["yogi", ["paper", "optax"]],
  ["adabelief", ["paper", "optax"]],
  ["lamb", ["paper", "keras", "optax"]],
  ["lars", ["paper", "optax"]],
  ["adafactor_unfactored", ["torch", "keras"]],
  ["rprop", ["torch"]],
  ["asgd", ["torch"]],
];

const verifications = readVerification();

const catalogue: readonly RuleDescription[] = BUILT_IN.flatMap(([rule, conventions]) =>
  conventions.map((convention) => {
    const file = new URL(`../rules/${convention}/${rule}.rule`, import.meta.url);
    const verified = verifications[`${convention}/${rule}`] ?? null;
    return { ...describeRule(rule, convention, readFileSync(file, "utf8")), verified };
  }),
);

export function listRules(): readonly RuleDescription[] {
  return catalogue;
}

export function findRule(rule: string, convention: string): RuleDescription | undefined {
  return catalogue.find((each) => each.rule === rule && each.convention === convention);
}

/** The conventions of a built-in rule, in the order of the list; none where there is no such rule. */
export function conventionsOf(rule: string): string[] {
  return catalogue.filter((each) => each.rule === rule).map(({ convention }) => convention);
}

/** The convention of a job that names none: `paper` where the rule has it, else the rule's first. */
export function defaultConvention(rule: string): string | undefined {
  const conventions = conventionsOf(rule);
  return conventions.includes("paper") ? "paper" : conventions[0];
}

/**
 * Reads and checks a rule's text, built-in or a user's own.
 *
 * @throws RuleError naming line, column and what was expected
 */
export function describeRule(rule: string, convention: string, text: string): RuleDescription {
  const parsed = parseRule(text);
  checkRule(parsed);
  const hypers = parsed.hypers.map(described);
  return { rule, convention, title: parsed.title, hypers, text, verified: null };
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
