import { GroupSpec, RESERVED_HYPER_NAMES } from "@descent/contracts";
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
 * Whether a text of the user's own can be used: read, checked, compiled with its defaults, and run for one
 * step. What its flags would choose between is checked with the rest of the text, before any is chosen.
 */
export function tryRule(name: string, convention: string, text: string): TriedRule {
  try {
    const description = describeRule(name, convention, text);
    for (const { name, ...place } of parseRule(text).hypers)
      if (RESERVED.includes(name))
        throw new RuleError(
          `expected another name: "${name}" is a field of a job's optimizer or of its groups`,
          place,
        );
    const defaults = description.hypers.map((hyper) => [hyper.name, hyper.default]);
    compileRule(text, Object.fromEntries(defaults), TRIED_ON).step();
    return { description, fault: null };
  } catch (error) {
    if (error instanceof RuleError) return { fault: error.message };
    throw error;
  }
}
