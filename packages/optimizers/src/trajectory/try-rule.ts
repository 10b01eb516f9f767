import { GroupSpec, type HyperValues, PRECISIONS, RESERVED_HYPER_NAMES } from "@descent/contracts";
import { describeRule, type RuleDescription } from "../catalogue.ts";
import { parseRule } from "../language/parse.ts";
import { RuleError } from "../language/rule-error.ts";
import { compileRule } from "../optimizer.ts";

/** Hypers stand flat beside these fields of a job's optimizer and of its groups. */
const RESERVED = [...RESERVED_HYPER_NAMES, ...Object.keys(GroupSpec.properties)];
/** Numbers in the tensor that a rule is tried on: more than one vector, and not a whole number of them. */
const TRIED_ON = 5;

export type TriedRule =
  | { description: RuleDescription; fault: null }
  /** Line, column and what was expected there. */
  | { fault: string };

/**
 * Whether a text of the user's own can be used: read, checked, compiled in both precisions with its defaults
 * (and with each of its flags turned over, since flags choose what is compiled), and run for one step.
 */
export function tryRule(name: string, convention: string, text: string): TriedRule {
  try {
    const description = describeRule(name, convention, text);
    for (const { name, ...place } of parseRule(text).hypers)
      if (RESERVED.includes(name))
        throw new RuleError(
          `expected another name: "${name}" is a field of every optimizer`,
          place,
        );
    for (const precision of PRECISIONS)
      for (const hypers of variants(description))
        compileRule(text, hypers, TRIED_ON, precision).step();
    return { description, fault: null };
  } catch (error) {
    if (error instanceof RuleError) return { fault: error.message };
    throw error;
  }
}

function variants({ hypers }: RuleDescription): HyperValues[] {
  const defaults = Object.fromEntries(hypers.map((hyper) => [hyper.name, hyper.default]));
  const flags = hypers.filter(({ kind }) => kind === "boolean");
  return [defaults, ...flags.map((flag) => ({ ...defaults, [flag.name]: !flag.default }))];
}
