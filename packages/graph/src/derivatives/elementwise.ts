import {
  add,
  cast,
  div,
  equal,
  exp,
  greater,
  mul,
  neg,
  pow,
  scalar,
  sigmoid,
  sign,
  sub,
  where,
} from "../append-nodes.ts";
import { type Graph, numbersOf, type Value } from "../graph.ts";
import type { DerivativeRules } from "./derivative-rule.ts";
import { sumToShape } from "./sum-to-shape.ts";

/** Operators that work element by element; what broadcast is summed back to its input's shape. */
export const ELEMENTWISE: DerivativeRules<
  | ("Add" | "Sub" | "Mul" | "Div" | "Pow" | "Neg" | "Abs" | "Sqrt" | "Exp" | "Log" | "Erf")
  | ("Identity" | "Max" | "Min" | "Where" | "Cast" | "Clip")
  | ("Relu" | "Tanh" | "Sigmoid" | "Softplus" | "LeakyRelu" | "Elu" | "HardSigmoid")
> = {
  // y = a + b: da = dy, db = dy
  Add: (graph, { inputs: [a, b] }, dy) => [
    () => sumToShape(graph, dy, a!),
    () => sumToShape(graph, dy, b!),
  ],

  // y = a − b: da = dy, db = −dy
  Sub: (graph, { inputs: [a, b] }, dy) => [
    () => sumToShape(graph, dy, a!),
    () => neg(graph, sumToShape(graph, dy, b!)),
  ],

  // y = a · b: da = dy · b, db = dy · a
  Mul: (graph, { inputs: [a, b] }, dy) => [
    () => sumToShape(graph, mul(graph, dy, b!), a!),
    () => sumToShape(graph, mul(graph, dy, a!), b!),
  ],

  // y = a / b: da = dy / b, db = −dy · y / b
  Div: (graph, { inputs: [a, b], outputs: [y] }, dy) => [
    () => sumToShape(graph, div(graph, dy, b!), a!),
    () => neg(graph, sumToShape(graph, div(graph, mul(graph, dy, y!), b!), b!)),
  ],

  // y = x^p: dx = dy · p · x^(p − 1); what p = 0 makes constant has no derivative, nor 0 · x^−1 at x = 0.
  Pow: (graph, { inputs: [x, exponent] }, dy) => {
    const [p] = numbersOf(graph, exponent!);
    const lower = () => (p === 2 ? x! : pow(graph, x!, p! - 1));
    const slope = () => mul(graph, lower(), scalar(graph, p!));
    return [p === 0 ? null : () => mul(graph, dy, slope()), null];
  },

  // dx = −dy
  Neg: (graph, _, dy) => [() => neg(graph, dy)],

  // dx = dy · sign(x), 0 at 0
  Abs: (graph, { inputs: [x] }, dy) => [() => mul(graph, dy, sign(graph, x!))],

  // dx = dy / (2y)
  Sqrt: (graph, { outputs: [y] }, dy) => [() => div(graph, dy, mul(graph, y!, scalar(graph, 2)))],

  // dx = dy · y
  Exp: (graph, { outputs: [y] }, dy) => [() => mul(graph, dy, y!)],

  // dx = dy / x
  Log: (graph, { inputs: [x] }, dy) => [() => div(graph, dy, x!)],

  // dx = dy · 2/√π · exp(−x²)
  Erf: (graph, { inputs: [x] }, dy) => [
    () => {
      const bell = exp(graph, neg(graph, mul(graph, x!, x!)));
      return mul(graph, dy, mul(graph, bell, scalar(graph, 2 / Math.sqrt(Math.PI))));
    },
  ],

  // dx = dy
  Identity: (_graph, _node, dy) => [() => dy],

  // y = max(a, b): dy goes to the larger, half each where they are equal.
  Max: (graph, { inputs: [a, b] }, dy) => [
    () => sumToShape(graph, mul(graph, dy, shareOfLarger(graph, a!, b!)), a!),
    () => sumToShape(graph, mul(graph, dy, shareOfLarger(graph, b!, a!)), b!),
  ],

  // y = min(a, b): dy goes to the smaller, half each where they are equal.
  Min: (graph, { inputs: [a, b] }, dy) => [
    () => sumToShape(graph, mul(graph, dy, shareOfLarger(graph, b!, a!)), a!),
    () => sumToShape(graph, mul(graph, dy, shareOfLarger(graph, a!, b!)), b!),
  ],

  // y = a where the condition holds, else b: dy goes to the one that was taken.
  Where: (graph, { inputs: [condition, a, b] }, dy) => [
    null,
    () => sumToShape(graph, where(graph, condition!, dy, scalar(graph, 0)), a!),
    () => sumToShape(graph, where(graph, condition!, scalar(graph, 0), dy), b!),
  ],

  // Between float32 and itself dx = dy; integers and truth have no derivative.
  Cast: (_, { inputs: [x], outputs: [y] }, dy) => [
    x!.type === "float32" && y!.type === "float32" ? () => dy : null,
  ],

  // dx = dy where no bound was passed, which is where y = x; else 0.
  Clip: (graph, { inputs: [x], outputs: [y] }, dy) => [
    () => where(graph, equal(graph, x!, y!), dy, scalar(graph, 0)),
    null,
    null,
  ],

  // dx = dy where y > 0, else 0, whatever dy is: behind sqrt(relu(x)) it is infinite there. y is never negative,
  // so that as a truth value it says just that. (A product takes a quarter less time, 3 % of 2c2d's step.)
  Relu: (graph, { outputs: [y] }, dy) => [
    () => where(graph, cast(graph, y!, "bool"), dy, scalar(graph, 0)),
  ],

  // dx = dy · (1 − y²)
  Tanh: (graph, { outputs: [y] }, dy) => [
    () => mul(graph, dy, sub(graph, scalar(graph, 1), mul(graph, y!, y!))),
  ],

  // dx = dy · y · (1 − y)
  Sigmoid: (graph, { outputs: [y] }, dy) => [
    () => mul(graph, dy, mul(graph, y!, sub(graph, scalar(graph, 1), y!))),
  ],

  // y = log(1 + exp(x)): dx = dy · sigmoid(x)
  Softplus: (graph, { inputs: [x] }, dy) => [() => mul(graph, dy, sigmoid(graph, x!))],

  // dx = dy where x > 0, else alpha · dy
  LeakyRelu: (graph, { inputs: [x], attributes: { alpha } }, dy) => [
    () => where(graph, isPositive(graph, x!), dy, mul(graph, dy, scalar(graph, alpha))),
  ],

  // dx = dy where x > 0, else dy · alpha · exp(x), which is dy · (y + alpha)
  Elu: (graph, { inputs: [x], outputs: [y], attributes: { alpha } }, dy) => [
    () => {
      const below = mul(graph, dy, add(graph, y!, scalar(graph, alpha)));
      return where(graph, isPositive(graph, x!), dy, below);
    },
  ],

  // y = alpha · x + beta between 0 and 1: dx = alpha · dy there, 0 where y was clipped to either.
  HardSigmoid: (graph, { outputs: [y], attributes: { alpha } }, dy) => [
    () => {
      const room = mul(graph, y!, sub(graph, scalar(graph, 1), y!));
      const inside = isPositive(graph, room);
      return where(graph, inside, mul(graph, dy, scalar(graph, alpha)), scalar(graph, 0));
    },
  ],
};

const isPositive = (graph: Graph, x: Value) => greater(graph, x, scalar(graph, 0));

/** 1 where a > b, ½ where a = b, else 0; infinities are equal to themselves. */
function shareOfLarger(graph: Graph, a: Value, b: Value): Value {
  const half = mul(graph, cast(graph, equal(graph, a, b), "float32"), scalar(graph, 0.5));
  return where(graph, greater(graph, a, b), scalar(graph, 1), half);
}
