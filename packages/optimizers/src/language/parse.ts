import { RuleError } from "./rule-error.ts";
import {
  type ArithmeticOperator,
  type Comparison,
  type Expression,
  FUNCTIONS,
  type FunctionName,
  type HyperDeclaration,
  type KeptDeclaration,
  type Rule,
} from "./syntax.ts";
import { type Place, type Token, tokenise } from "./tokens.ts";

/** Bounds that keep any text cheap: a real rule stays far below each. */
const MAX = {
  name: 64,
  hypers: 32,
  states: 16,
  scalars: 16,
  assignments: 200,
  operands: 500,
  depth: 60,
};

const COMPARISONS: readonly string[] = ["==", "!=", "<", "<=", ">", ">="];

/** Names with a meaning of their own: the parameter, its gradient, the step from 1. */
export const BUILT_IN = ["w", "g", "t"] as const;
const KEYWORDS: readonly string[] = [
  ...["hyper", "state", "scalar", "if", "in", "inf", "true", "false"],
  ...Object.keys(FUNCTIONS),
];

/**
 * Reads a rule's text. Names are not looked up here. A line may be broken inside parentheses.
 *
 * ```
 * line       = [ declaration | assignment ] [ "#" comment ]
 * declaration = "hyper" hyper { "," hyper } | ( "state" | "scalar" ) kept { "," kept }
 * hyper      = name "=" ( value | "true" | "false" ) [ "in" ( "[" | "(" ) value "," value ( "]" | ")" ) ]
 * kept       = name [ "=" ( value | name ) ]
 * value      = [ "-" ] ( number | "inf" )
 * assignment = name ( "=" | "+=" | "-=" | "*=" ) expression
 * expression = sum [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) sum ]
 * sum        = product { ( "+" | "-" ) product }
 * product    = unary { ( "*" | "/" ) unary }
 * unary      = "-" unary | atom [ "^" ( atom | "-" unary ) ]
 * atom       = number | name | "(" expression ")" | name "(" expression { "," expression } ")"
 * ```
 *
 * @throws RuleError naming line, column and what was expected
 */
export function parseRule(text: string): Rule {
  const tokens = tokenise(text);
  let at = 0;
  let depth = 0;
  let operandCount = 0;
  const rule: Rule = {
    title: firstComment(text),
    hypers: [],
    states: [],
    scalars: [],
    assignments: [],
  };
  /** The parentheses that are open: a line's end within them is none. */
  const open: Place[] = [];

  const peek = () => {
    while (open.length > 0 && tokens[at]?.kind === "end" && at < tokens.length - 1) at += 1;
    return tokens[at] as Token;
  };
  const next = () => {
    const token = peek();
    at += 1;
    return token;
  };
  const isSymbol = (...texts: string[]) =>
    peek().kind === "symbol" && texts.includes(peek().text) ? peek().text : null;
  const fail = (expected: string): never => {
    throw new RuleError(`expected ${expected}, found ${JSON.stringify(peek().text)}`, peek());
  };
  const symbol = (text: string) => (isSymbol(text) ? next() : fail(`"${text}"`));
  function parenthesised<T>(read: () => T): T {
    const { line, column } = symbol("(");
    open.push({ line, column });
    const inner = nested(read);
    if (!isSymbol(")")) fail(`")" for the "(" of line ${line}, column ${column}`);
    open.pop(); // before the ")" is taken: what follows it may end the line
    next();
    return inner;
  }
  const name = (what: string) => {
    const token = peek();
    if (token.kind !== "name" || KEYWORDS.includes(token.text)) return fail(what);
    if (token.text.length > MAX.name)
      throw new RuleError(`a name has at most ${MAX.name} letters`, token);
    return next();
  };
  const separated = (read: () => void) => {
    read();
    while (isSymbol(",")) {
      next();
      read();
    }
  };

  function signedNumber(): number {
    const negative = isSymbol("-") ? next() && true : false;
    const token = peek();
    const value =
      token.kind === "number"
        ? token.value
        : token.text === "inf"
          ? Number.POSITIVE_INFINITY
          : null;
    if (value === null) return fail("a number");
    next();
    return negative ? -value : value;
  }

  function hyper(): void {
    const { text, line, column } = name("a hyper's name");
    symbol("=");
    const truth = peek().text;
    const declared: HyperDeclaration = {
      name: text,
      default: truth === "true" || truth === "false" ? next().text === "true" : signedNumber(),
      minimum: Number.NEGATIVE_INFINITY,
      exclusiveMinimum: true,
      maximum: Number.POSITIVE_INFINITY,
      exclusiveMaximum: true,
      line,
      column,
    };
    if (peek().kind === "name" && peek().text === "in") {
      next();
      declared.exclusiveMinimum = isSymbol("(") !== null;
      if (!isSymbol("(", "[")) fail('"[" or "("');
      next();
      declared.minimum = signedNumber();
      symbol(",");
      declared.maximum = signedNumber();
      declared.exclusiveMaximum = isSymbol(")") !== null;
      if (!isSymbol(")", "]")) fail('"]" or ")"');
      next();
    }
    rule.hypers.push(declared);
    if (rule.hypers.length > MAX.hypers) fail(`at most ${MAX.hypers} hypers`);
  }

  function kept(kind: "state" | "scalar", declared: KeptDeclaration[]): void {
    const { text, line, column } = name(`a ${kind}'s name`);
    let start: number | string = 0;
    if (isSymbol("=")) {
      next();
      start =
        peek().kind === "name" && peek().text !== "inf" ? name("a hyper").text : signedNumber();
    }
    declared.push({ name: text, start, line, column });
    if (declared.length > MAX[`${kind}s`]) fail(`at most ${MAX[`${kind}s`]} ${kind}s`);
  }

  function assignment(): void {
    const target = name('"hyper", "state", "scalar" or an assignment');
    const operator = isSymbol("=", "+=", "-=", "*=");
    if (!operator) fail('"=", "+=", "-=" or "*="');
    const place = { line: target.line, column: target.column };
    next();
    let value = expression();
    if (operator !== "=") {
      const left: Expression = { kind: "name", name: target.text, ...place };
      const arithmetic = (operator as string)[0] as ArithmeticOperator;
      value = { kind: "arithmetic", operator: arithmetic, left, right: value, ...place };
    }
    rule.assignments.push({ target: target.text, value, ...place });
    if (rule.assignments.length > MAX.assignments) fail(`at most ${MAX.assignments} assignments`);
  }

  function nested<T>(read: () => T): T {
    depth += 1;
    if (depth > MAX.depth) fail(`at most ${MAX.depth} levels of nesting`);
    const result = read();
    depth -= 1;
    return result;
  }

  function expression(): Expression {
    const left = sum();
    const token = peek();
    if (token.kind !== "symbol" || !COMPARISONS.includes(token.text)) return left;
    next();
    const { line, column } = token;
    return {
      kind: "compare",
      operator: token.text as Comparison,
      left,
      right: sum(),
      line,
      column,
    };
  }

  function chain(operators: string[], operand: () => Expression): Expression {
    let left = operand();
    for (let links = 0; isSymbol(...operators); links++) {
      if (links >= MAX.depth) fail(`at most ${MAX.depth} operators in a row`);
      const { text, line, column } = next();
      const operator = text as ArithmeticOperator;
      left = { kind: "arithmetic", operator, left, right: operand(), line, column };
    }
    return left;
  }
  const sum = (): Expression => chain(["+", "-"], product);
  const product = (): Expression => chain(["*", "/"], unary);

  function unary(): Expression {
    if (!isSymbol("-")) return power();
    const { line, column } = next();
    return { kind: "negate", operand: nested(unary), line, column };
  }

  function power(): Expression {
    const left = atom();
    if (!isSymbol("^")) return left;
    const { line, column } = next();
    const right = nested(isSymbol("-") ? unary : atom);
    return { kind: "arithmetic", operator: "^", left, right, line, column };
  }

  function atom(): Expression {
    const token = peek();
    const { line, column } = token;
    operandCount += 1;
    if (operandCount > MAX.operands) fail(`at most ${MAX.operands} numbers and names in a rule`);
    if (token.kind === "number") {
      next();
      return { kind: "number", value: token.value, line, column };
    }
    if (isSymbol("(")) return parenthesised(expression);
    if (token.kind === "name") {
      if (token.text === "if" || Object.hasOwn(FUNCTIONS, token.text)) return call();
      if (!KEYWORDS.includes(token.text)) {
        next();
        if (isSymbol("(")) throw new RuleError(unknownFunction(token.text), token);
        return { kind: "name", name: token.text, line, column };
      }
    }
    return fail('a number, a name or "("');
  }

  function call(): Expression {
    const { text, line, column } = next();
    const given: Expression[] = [];
    parenthesised(() => separated(() => given.push(expression())));
    const wanted = text === "if" ? 3 : FUNCTIONS[text as FunctionName];
    if (given.length !== wanted)
      throw new RuleError(`${text} takes ${wanted} arguments, not ${given.length}`, {
        line,
        column,
      });
    if (text !== "if")
      return { kind: "call", name: text as FunctionName, arguments: given, line, column };
    const [condition, then, otherwise] = given as [Expression, Expression, Expression];
    return { kind: "if", condition, then, otherwise, line, column };
  }

  while (at < tokens.length) {
    const word = peek().kind === "name" ? peek().text : "";
    if (word === "hyper") {
      next();
      separated(hyper);
    } else if (word === "state" || word === "scalar") {
      next();
      separated(() => kept(word, rule[`${word}s`]));
    } else if (peek().kind !== "end") assignment();
    if (peek().kind !== "end") fail("the end of the line");
    next();
  }
  return rule;
}

function unknownFunction(name: string): string {
  const known = [...Object.keys(FUNCTIONS), "if"].join(", ");
  return `"${name}" is no function; there are ${known}`;
}

function firstComment(text: string): string {
  return /^\s*#[ \t]*([^\n]*)/.exec(text)?.[1]?.trim() ?? "";
}
