import type { Phase } from "../src/language/plan.ts";
import type { PreparedRule } from "../src/language/prepare-rule.ts";
import type { Expression } from "../src/language/syntax.ts";

/** One step over all arrays, by name. */
export type PlainLoop = (arrays: Record<string, Float32Array>, t: number) => void;

const identifier = (name: string) => `_${name.replace(/[^A-Za-z0-9_]/g, "_")}`;

/**
 * A rule as one would write it without a compiler: a plain loop over Float32Array with the formula in
 * double, as source text made into a function. The yardstick beside the fused loops.
 *
 * @param hypers every hyper of the rule
 */
export function writePlainLoop(
  { plan, starts, scalars }: PreparedRule,
  hypers: Record<string, number | boolean>,
): PlainLoop {
  const constants = Object.entries(hypers).map(
    ([name, value]) => `const ${identifier(name)} = ${Number(value)};`,
  );
  const kept = scalars.map((name) => `let ${identifier(name)} = ${starts.get(name)};`);
  const phases = plan.phases.map((phase, index) => {
    const steps = plan.steps
      .filter((step) => step.phase === index)
      .map(({ name, expression }) => `const ${identifier(name)} = ${source(expression)};`);
    return [...steps, writeLoop(phase)].join("\n");
  });
  const keep = scalars.map((name) => `${identifier(name)} = ${identifier(plan.kept.get(name)!)};`);
  const step = `return (arrays, _t) => {\n${[...phases, ...keep].join("\n")}\n};`;
  return new Function([...constants, ...kept, step].join("\n"))() as PlainLoop;
}

function writeLoop({ statements, loads, stores, reductions }: Phase): string {
  const arrays = new Set([...loads.values(), ...stores.map(({ array }) => array)]);
  const array = (name: string) => `array${identifier(name)}`;
  const lines = [
    ...[...arrays].map((name) => `const ${array(name)} = arrays[${JSON.stringify(name)}];`),
    ...reductions.map(({ name }) => `let sum${identifier(name)} = 0;`),
    "for (let i = 0; i < arrays.w.length; i++) {",
    ...[...loads].map(([value, name]) => `const ${identifier(value)} = ${array(name)}[i];`),
    ...statements.map(({ name, value }) => `const ${identifier(name)} = ${source(value)};`),
    ...reductions.map(
      ({ name, argument }) => `sum${identifier(name)} += (${source(argument)}) ** 2;`,
    ),
    ...stores.map(({ value, array: to }) => `${array(to)}[i] = ${identifier(value)};`),
    "}",
    ...reductions.map(({ name, kind }) => {
      const sum = `sum${identifier(name)}${kind === "rms" ? " / arrays.w.length" : ""}`;
      return `const ${identifier(name)} = Math.sqrt(${sum});`;
    }),
  ];
  // A block of its own for names like i; what later phases need (norms) is declared outside of it.
  return lines.join("\n").replaceAll("const array_", "var array_");
}

function source(expression: Expression): string {
  switch (expression.kind) {
    case "number":
      return String(expression.value);
    case "name":
      return identifier(expression.name);
    case "negate":
      return `(-${source(expression.operand)})`;
    case "arithmetic": {
      const [left, right] = [source(expression.left), source(expression.right)];
      if (expression.operator !== "^") return `(${left} ${expression.operator} ${right})`;
      return right === "2" ? `(${left} * ${left})` : `Math.pow(${left}, ${right})`;
    }
    case "compare":
      return `Number(${source(expression.left)} ${expression.operator} ${source(expression.right)})`;
    case "if": {
      const branches = `${source(expression.then)} : ${source(expression.otherwise)}`;
      return `(${source(expression.condition)} ? ${branches})`;
    }
    case "call": {
      const given = expression.arguments.map(source).join(", ");
      if (expression.name === "float" || expression.name === "float32")
        return `Math.fround(${given})`;
      return `Math.${expression.name}(${given})`;
    }
  }
}
