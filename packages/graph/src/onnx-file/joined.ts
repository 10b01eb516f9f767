import { axisFromFront } from "../append/append-node.ts";
import {
  add,
  div,
  logSoftmax,
  matmul,
  mul,
  reshape,
  softmax,
  sub,
  transpose,
} from "../append-nodes.ts";
import type { AnyGraph, Value } from "../graph.ts";
import type { Row, Rows } from "./call.ts";
import { groupsOf, join, placesOf } from "./join.ts";
import { ROWS } from "./rows.ts";
import { isKnown } from "./term.ts";
import { number, type Translation } from "./translation.ts";
import { refuse } from "./unfit.ts";

/** What keeps its first input's axes whatever they mean. */
const KEEPING = [
  ...["Identity", "Cast", "Relu", "LeakyRelu", "Elu", "Gelu", "Sigmoid", "Tanh", "Erf"],
  ...["Neg", "Abs", "Sqrt", "Exp", "Log", "Softplus", "HardSigmoid", "HardSwish"],
];

/** The operators that take values whose rows are joined with another axis; all others refuse them. */
export const JOINED: Rows = {
  ...Object.fromEntries(KEEPING.map((op) => [op, keeping(ROWS[op]!)])),
  Shape: ROWS.Shape!,
  Reshape: ROWS.Reshape!,
  Add: binary(add),
  Sub: binary(sub),
  Mul: binary(mul),
  Div: binary(div),
  Softmax: along(softmax),
  LogSoftmax: along(logSoftmax),
  Transpose: ({ graph, t, value, ints }) => {
    const groups = groupsOf(t, value(0));
    const all = [...groups.keys()];
    const perm = ints("perm") ?? all.toReversed();
    if (perm.toSorted((a, b) => a - b).join() !== all.join())
      refuse(`perm [${perm.join(", ")}] does not order ${all.length} axes`, "/attribute/perm");
    const places = placesOf(groups);
    const order = perm.flatMap((axis) => places[axis]!);
    const turned = perm.map((axis) => groups[axis]!);
    return join(t, transpose(graph, value(0), order), turned);
  },
  MatMul: ({ graph, t, value }) => {
    const [left, right] = [groupsOf(t, value(0)), groupsOf(t, value(1))];
    const isByMatrix = right.length === 2 && !t.joined.has(value(1)) && left.at(-1) === 1;
    const isBatched =
      left.slice(0, -2).join() === right.slice(0, -2).join() &&
      [...left.slice(-2), ...right.slice(-2)].every((axes) => axes === 1);
    if (!isByMatrix && !isBatched) refuseJoined();
    return join(t, matmul(graph, value(0), value(1)), left);
  },
  Gemm: ({ graph, t, value, has, int, float }) => {
    const [a, b] = [value(0), value(1)];
    const groups = groupsOf(t, a);
    if (groups.length !== 2 || groups[1] !== 1 || int("transA", 0) || b.shape.length !== 2)
      refuseJoined();
    const right = int("transB", 0) ? transpose(graph, b, [1, 0]) : b;
    const product = mul(graph, matmul(graph, a, right), number(t, float("alpha", 1)));
    if (!has(2)) return join(t, product, groups);
    const bias = mul(graph, value(2), number(t, float("beta", 1)));
    return join(t, add(graph, product, fitted(t, bias, groups)), groups);
  },
};

/** @throws Unfit, as any operator that is not in the table does on such values */
export function refuseJoined(): never {
  return refuse("it takes rows that are joined with another axis in a way that is not followed");
}

function keeping(row: Row): Row {
  return (call) => {
    const y = row(call);
    if (Array.isArray(y) || isKnown(y)) return y;
    return join(call.t, y, groupsOf(call.t, call.value(0)));
  };
}

function binary(of: (graph: AnyGraph, a: Value, b: Value) => Value): Row {
  return ({ graph, t, value }) => {
    const [a, b] = [value(0), value(1)];
    const groups = t.joined.get(a) ?? t.joined.get(b) ?? refuseJoined();
    return join(t, of(graph, fitted(t, a, groups), fitted(t, b, groups)), groups);
  };
}

/** A value as it broadcasts with one that is joined: a joined axis it must have in the same way, or as 1. */
function fitted(t: Translation, value: Value, groups: readonly number[]): Value {
  const own = t.joined.get(value);
  if (own !== undefined) return own.join() === groups.join() ? value : refuseJoined();
  const added = groups.length - value.shape.length;
  if (added < 0) refuseJoined();
  const shape = value.shape.flatMap((length, axis) => {
    const axes = groups[axis + added]!;
    if (axes === 1) return [length];
    return length === 1 ? Array.from({ length: axes }, () => 1) : refuseJoined();
  });
  return shape.length === value.shape.length ? value : reshape(t.graph, value, shape);
}

function along(of: (graph: AnyGraph, x: Value, axis: number) => Value): Row {
  return ({ graph, t, value, int }) => {
    const groups = groupsOf(t, value(0));
    const [place, ...others] = placesOf(groups)[axisFromFront(int("axis", -1), groups.length)]!;
    if (others.length > 0) refuse("it would join the rows of a batch");
    return join(t, of(graph, value(0), place!), groups);
  };
}
