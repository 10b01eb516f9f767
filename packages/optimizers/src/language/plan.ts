import { RuleError } from "./rule-error.ts";
import { type Assignment, type Expression, namesIn, rebuild } from "./syntax.ts";

/**
 * A program made ready to run. Every value has a name of its own (static single assignment), so that order
 * is a matter of dependence alone. A norm needs a whole array before anything that depends on it can start:
 * it ends a phase. A program without norms has one phase, which is one loop over memory.
 */
export interface Plan {
  /** Scalars in the order they are computed, each before the loop of its phase. */
  steps: ScalarStep[];
  phases: Phase[];
  /** Declared scalar -> the name of its value at the end. */
  kept: ReadonlyMap<string, string>;
  /** How many arrays carry temporaries from one phase into a later one. */
  scratchArrays: number;
}
export interface ScalarStep {
  name: string;
  expression: Expression;
  phase: number;
}
/** One loop, element by element. */
export interface Phase {
  statements: { name: string; value: Expression }[];
  /** Value -> the array it is read from, for values of an earlier phase or an earlier step. */
  loads: Map<string, string>;
  stores: { value: string; array: string }[];
  reductions: { name: string; kind: "norm" | "rms"; argument: Expression }[];
}

export interface Program {
  assignments: readonly Assignment[];
  /** Names that stand for arrays in memory. */
  arrays: readonly string[];
  /** Arrays of those that are never written: assigning to such a name makes a temporary. */
  readOnly?: readonly string[];
  /** Scalars given from outside. */
  inputs: readonly string[];
  /** Inputs that may be assigned: their values are kept from run to run. */
  scalars: readonly string[];
}

/** Bounds that a rule made of norms alone could otherwise drive memory and time with. */
const MAX = { reductions: 32, phases: 8, scratch: 8 };

interface Value {
  name: string;
  kind: "scalar" | "array";
  /** The first phase whose loop may use it. */
  phase: number;
}
type Resolved = Omit<Value, "name"> & { expression: Expression };

export const scratchName = (index: number) => `scratch ${index}`;

/** @throws RuleError where a scalar is wanted and an array given, or the bounds are passed */
export function planProgram(program: Program): Plan {
  const { assignments, arrays, readOnly = [], inputs, scalars } = program;
  const written = arrays.filter((name) => !readOnly.includes(name));
  const steps: ScalarStep[] = [];
  const phases: Phase[] = [];
  const values = new Map<string, Value>([
    ...arrays.map((name): [string, Value] => [name, { name, kind: "array", phase: 0 }]),
    ...inputs.map((name): [string, Value] => [name, { name, kind: "scalar", phase: 0 }]),
  ]);
  /** Every version of every variable that lies in an array, in order. */
  const versions = new Map<string, { variable: string; phase: number }>(
    arrays.map((name) => [name, { variable: name, phase: -1 }]),
  );
  const hoisted = new Map<string, Expression>();
  const reduced = new Map<string, Resolved>();

  const phaseAt = (index: number, place: Assignment | Expression): Phase => {
    if (index >= MAX.phases)
      throw new RuleError(`at most ${MAX.phases - 1} norms that build on each other`, place);
    while (phases.length <= index)
      phases.push({ statements: [], loads: new Map(), stores: [], reductions: [] });
    return phases[index]!;
  };
  const fresh = (name: string) => `${name}#${steps.length + versions.size}`;

  /** A scalar inside an array expression: computed once, before the loop. */
  function hoist({ expression, phase }: Resolved): Expression {
    if (expression.kind === "name" || expression.kind === "number") return expression;
    const key = keyOf(expression);
    const found = hoisted.get(key);
    if (found) return found;
    const { line, column } = expression;
    const name = fresh("");
    steps.push({ name, expression, phase });
    const value: Expression = { kind: "name", name, line, column };
    hoisted.set(key, value);
    return value;
  }

  function reduce(expression: Expression & { kind: "call" }, kind: "norm" | "rms"): Resolved {
    const given = resolve(expression.arguments[0]!);
    const argument = given.kind === "array" ? given.expression : hoist(given);
    const key = `${kind} ${keyOf(argument)}`;
    const found = reduced.get(key);
    if (found) return found;
    if (reduced.size >= MAX.reductions)
      throw new RuleError(`at most ${MAX.reductions} norms in a rule`, expression);
    const name = `${kind}#${reduced.size}`;
    phaseAt(given.phase, expression).reductions.push({ name, kind, argument });
    phaseAt(given.phase + 1, expression);
    const { line, column } = expression;
    const result: Resolved = {
      expression: { kind: "name", name, line, column },
      kind: "scalar",
      phase: given.phase + 1,
    };
    reduced.set(key, result);
    return result;
  }

  function resolve(expression: Expression): Resolved {
    if (expression.kind === "name") {
      const value = values.get(expression.name);
      if (!value) {
        const known = [...values.keys()].join(", ");
        throw new RuleError(`unknown name "${expression.name}"; known here: ${known}`, expression);
      }
      return { ...value, expression: { ...expression, name: value.name } };
    }
    if (expression.kind === "call" && (expression.name === "norm" || expression.name === "rms"))
      return reduce(expression, expression.name);
    const parts: Resolved[] = [];
    rebuild(expression, (operand) => {
      parts.push(resolve(operand));
      return operand;
    });
    const phase = Math.max(0, ...parts.map((part) => part.phase));
    const kind = parts.some((part) => part.kind === "array") ? "array" : "scalar";
    if (kind === "array") refuseScalarOperations(expression, parts);
    let next = 0;
    const rebuilt = rebuild(expression, () => {
      const part = parts[next++]!;
      return kind === "array" && part.kind === "scalar" ? hoist(part) : part.expression;
    });
    return { expression: rebuilt, kind, phase };
  }

  for (const assignment of assignments) {
    const { target } = assignment;
    const value = resolve(assignment.value);
    const name = fresh(target);
    if (value.kind === "scalar" && !written.includes(target)) {
      if (scalars.includes(target) && value.phase > 0)
        throw new RuleError(
          `the scalar "${target}" is kept for all tensors together; a norm is one tensor's`,
          assignment,
        );
      steps.push({ name, expression: value.expression, phase: value.phase });
      values.set(target, { name, kind: "scalar", phase: value.phase });
      continue;
    }
    if (scalars.includes(target))
      throw new RuleError(`"${target}" is a scalar; this is an array`, assignment);
    const before = values.get(target);
    const phase = Math.max(value.phase, before?.kind === "array" ? before.phase : 0);
    const expression = value.kind === "array" ? value.expression : hoist(value);
    phaseAt(phase, assignment).statements.push({ name, value: expression });
    versions.set(name, { variable: readOnly.includes(target) ? name : target, phase });
    values.set(target, { name, kind: "array", phase });
  }
  phaseAt(0, ZERO);
  // The phase after a norm that no array needed.
  while (
    phases.length > 1 &&
    phases.at(-1)!.statements.length + phases.at(-1)!.reductions.length === 0
  )
    phases.pop();
  const scratchArrays = placeValues(phases, arrays, versions);
  const kept = new Map(scalars.map((name) => [name, values.get(name)!.name]));
  return { steps, phases, kept, scratchArrays };
}

const ZERO: Expression = { kind: "number", value: 0, line: 1, column: 1 };

function refuseScalarOperations(expression: Expression, parts: readonly Resolved[]): void {
  if (expression.kind === "call" && (expression.name === "float" || expression.name === "float32"))
    throw new RuleError(`${expression.name} rounds scalars; this is an array`, expression);
  if (expression.kind !== "arithmetic" || expression.operator !== "^") return;
  const { right } = expression;
  const power = right.kind === "number" ? right.value : Number.NaN;
  if (parts[1]?.kind === "array" || ![1, 2, 3, 4].includes(power))
    throw new RuleError("an array can be raised to 1, 2, 3 or 4 only", right);
}

/**
 * Where values that outlive their phase are: in the array of their variable, as long as that is not
 * overwritten, else in a scratch array.
 */
function placeValues(
  phases: readonly Phase[],
  arrays: readonly string[],
  versions: ReadonlyMap<string, { variable: string; phase: number }>,
): number {
  const order = [...versions];
  const lastOf = (variable: string, phase: number) =>
    order.findLast(([, each]) => each.variable === variable && each.phase <= phase)?.[0];
  const scratch = new Map<string, string>();

  for (const [index, phase] of phases.entries())
    for (const array of arrays) {
      const value = lastOf(array, index);
      if (value !== undefined && versions.get(value)!.phase === index)
        phase.stores.push({ value, array });
    }
  const save = (value: string): string => {
    const found = scratch.get(value);
    if (found !== undefined) return found;
    const array = scratchName(scratch.size);
    if (scratch.size >= MAX.scratch)
      throw new RuleError(`at most ${MAX.scratch} values may wait for a norm`, ZERO);
    scratch.set(value, array);
    const { variable, phase } = versions.get(value)!;
    const saving =
      phase >= 0
        ? phase
        : order.find(([name, each]) => each.variable === variable && name !== value)![1].phase;
    phases[saving]!.stores.unshift({ value, array }); // before its own array is overwritten
    if (phase < 0) phases[saving]!.loads.set(value, variable);
    return array;
  };
  for (const [index, phase] of phases.entries()) {
    const used = [
      ...phase.statements.map(({ value }) => value),
      ...phase.reductions.map(({ argument }) => argument),
    ];
    for (const value of new Set(used.flatMap(namesIn))) {
      const version = versions.get(value);
      if (!version || version.phase === index) continue;
      const { variable } = version;
      const inPlace = arrays.includes(variable) && lastOf(variable, index - 1) === value;
      phase.loads.set(value, inPlace ? variable : save(value));
    }
  }
  return scratch.size;
}

/** Equal for expressions that compute the same. */
function keyOf(expression: Expression): string {
  return JSON.stringify(expression, (name, value: unknown) =>
    name === "line" || name === "column" ? undefined : value,
  );
}
