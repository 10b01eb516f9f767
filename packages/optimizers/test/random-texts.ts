import { listRules } from "../src/catalogue.ts";
import { compileRule, RuleError } from "../src/index.ts";
import { parseRule } from "../src/language/parse.ts";
import { pick, type Random } from "./random.ts";
import { randomProgram } from "./random-program.ts";

const WORDS = [
  ..."hyper state scalar lr m w g t p x_1 toString in inf true false if".split(" "),
  ..."= += -= *= + - * / ^ ( ) [ ] , < > == !=".split(" "),
  ..."sqrt abs sign min max norm rms float float32".split(" "),
  ..."0 1 2 0.5 1e-8 1e308 \n \n \n # \u0000 é 𝒘".split(" "),
  ...["norm(norm(w) * g)", "if(t == 1,", "scalar z = lr", "state y = lr", "hyper q = 1"],
];

/** A text that may be a rule: words at random, a real rule or a program changed in a few places. */
export function randomText(random: Random): string {
  const kind = random(10);
  if (kind === 0)
    return Array.from({ length: 1 + random(80) }, () => pick(random, WORDS)).join(" ");
  const text = kind < 4 ? randomProgram(random) : pick(random, listRules()).text;
  return kind % 2 === 0 ? withOtherWords(text, random) : withOtherLetters(text, random);
}

function withOtherWords(text: string, random: Random): string {
  const parts = text.split(/(\s+)/);
  for (let edits = random(2); edits >= 0; edits--)
    parts.splice(random(parts.length), random(3), pick(random, WORDS), " ", pick(random, WORDS));
  return parts.join("");
}

function withOtherLetters(text: string, random: Random): string {
  let changed = text;
  for (let edits = random(2); edits >= 0; edits--) {
    const at = random(changed.length);
    const letter = random(3) === 0 ? String.fromCharCode(32 + random(95)) : pick(random, WORDS);
    changed = changed.slice(0, at) + letter + changed.slice(at + random(3));
  }
  return changed;
}

/**
 * Compiles and runs a text with its own defaults.
 *
 * @throws Error where anything but a RuleError happens, or a byte changes that is not the rule's to write
 */
export function tryText(text: string): "compiled" | "refused" {
  try {
    const { hypers } = parseRule(text);
    const values = Object.fromEntries(hypers.map((hyper) => [hyper.name, hyper.default]));
    const optimizer = compileRule(text, values, 5);
    optimizer.gradients.fill(0.25);
    const before = new Uint8Array(optimizer.memory.buffer).slice();
    optimizer.step();
    optimizer.step();
    checkBytes(optimizer, before);
    return "compiled";
  } catch (error) {
    if (error instanceof RuleError) return "refused";
    throw new Error(`${error}\n${text}`, { cause: error });
  }
}

/** Arrays of 5 float32 take a line of 64 bytes each, with an empty line behind them. */
const LINE = 64;
const MAX_SCRATCH = 8;

/** A rule writes whole vectors of the weights, its states and scratch arrays, which lie last: nothing else. */
function checkBytes(optimizer: ReturnType<typeof compileRule>, before: Uint8Array): void {
  const { memory, weights, gradients, states } = optimizer;
  const after = new Uint8Array(memory.buffer);
  const own = [weights, ...Object.values(states)].map((view) => view.byteOffset);
  const last = Math.max(gradients.byteOffset, ...own);
  const scratch = Array.from({ length: MAX_SCRATCH }, (_, k) => last + (k + 1) * 2 * LINE);
  const free = [...own, ...scratch].sort((a, b) => a - b);
  let from = weights.byteOffset; // before it lie the scalars that a step exchanges with its loops
  for (const begin of [...free, after.length]) {
    if (Buffer.compare(before.subarray(from, begin), after.subarray(from, begin)) !== 0)
      throw new Error(`bytes changed between ${from} and ${begin}`);
    from = begin + 2 * 16;
  }
}
