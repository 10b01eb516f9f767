import { evaluateConstant } from "./evaluate.ts";
import {
  type Assignment,
  type Expression,
  namesIn,
  operands,
  type Rule,
  rebuild,
} from "./syntax.ts";

export type HyperValues = Readonly<Record<string, number | boolean>>;

/**
 * Conditions on hypers alone are decided here, so that the loop never sees the branch not taken, and a
 * state that nothing reads any more is not allocated. `lr` stays open: a schedule may change it.
 *
 * @param round to the precision the rule runs in
 */
export function specialise(
  rule: Rule,
  hypers: HyperValues,
  round: (value: number) => number,
): Rule {
  const assignments = rule.assignments.map((assignment) => ({
    ...assignment,
    value: fold(assignment.value, hypers, round),
  }));
  // `v_max = v_max` is what remains of an option that is off.
  const effective = assignments.filter(
    ({ target, value }) => !(value.kind === "name" && value.name === target),
  );
  const live = liveNames(effective);
  return {
    ...rule,
    assignments: effective.filter(({ target }) => live.has(target)),
    states: rule.states.filter(({ name }) => live.has(name)),
    scalars: rule.scalars.filter(({ name }) => live.has(name)),
  };
}

/** Every name that `w` depends on, through any step. */
function liveNames(assignments: readonly Assignment[]): Set<string> {
  const live = new Set(["w"]);
  for (let grew = true; grew; ) {
    const before = live.size;
    for (const { target, value } of assignments) {
      if (live.has(target)) for (const name of namesIn(value)) live.add(name);
    }
    grew = live.size > before;
  }
  return live;
}

function fold(
  expression: Expression,
  hypers: HyperValues,
  round: (value: number) => number,
): Expression {
  const folded = (each: Expression) => fold(each, hypers, round);
  if (expression.kind !== "if") return rebuild(expression, folded);
  const condition = folded(expression.condition); // once: twice would double at every level
  if (isFixed(condition, hypers)) {
    const holds = evaluateConstant(condition, hypers, round) !== 0;
    return folded(holds ? expression.then : expression.otherwise);
  }
  const then = folded(expression.then);
  return { ...expression, condition, then, otherwise: folded(expression.otherwise) };
}

/** Whether an expression has one value for the whole training. */
function isFixed(expression: Expression, hypers: HyperValues): boolean {
  if (expression.kind === "name")
    return expression.name !== "lr" && Object.hasOwn(hypers, expression.name);
  if (expression.kind === "call" && (expression.name === "norm" || expression.name === "rms"))
    return false;
  return operands(expression).every((operand) => isFixed(operand, hypers));
}
