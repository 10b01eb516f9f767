import { RuleError } from "./rule-error.ts";

export interface Place {
  line: number;
  column: number;
}

export type Token = Place &
  (
    | { kind: "number"; value: number; text: string }
    | { kind: "name"; text: string }
    | { kind: "symbol"; text: string }
    | { kind: "end"; text: "end of line" }
  );

/** A rule is a few lines; the bound keeps hostile texts cheap to refuse. */
const MAX_LENGTH = 20_000;

// A name starts with a letter: `__proto__` would not be an ordinary key of the records names go into.
const PATTERN =
  /[ \t\r\uFEFF]+|#[^\n]*|(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<name>[A-Za-z][A-Za-z0-9_]*)|(?<symbol>\+=|-=|\*=|==|!=|<=|>=|[-+*/^(),=<>[\]])/uy;

/**
 * Splits a rule's text into tokens, line by line; each line ends with an `end` token.
 *
 * @throws RuleError on a character the language does not have, or a text that is too long
 */
export function tokenise(text: string): Token[] {
  if (text.length > MAX_LENGTH) {
    throw new RuleError(`a rule has at most ${MAX_LENGTH} characters`, { line: 1, column: 1 });
  }
  const tokens: Token[] = [];
  for (const [index, source] of text.split("\n").entries()) {
    const line = index + 1;
    PATTERN.lastIndex = 0;
    while (PATTERN.lastIndex < source.length) {
      const column = PATTERN.lastIndex + 1;
      const match = PATTERN.exec(source);
      if (!match) {
        const found = String.fromCodePoint(source.codePointAt(column - 1) ?? 0);
        throw new RuleError(`unexpected ${JSON.stringify(found)}`, { line, column });
      }
      const { number, name, symbol } = match.groups ?? {};
      if (number !== undefined) {
        const value = Number(number);
        if (!Number.isFinite(value))
          throw new RuleError(`${number} is too large for a number`, { line, column });
        tokens.push({ kind: "number", value, text: number, line, column });
      } else if (name !== undefined) tokens.push({ kind: "name", text: name, line, column });
      else if (symbol !== undefined) tokens.push({ kind: "symbol", text: symbol, line, column });
    }
    tokens.push({ kind: "end", text: "end of line", line, column: source.length + 1 });
  }
  return tokens;
}
