import {
  abs,
  add,
  cast,
  clip,
  div,
  elu,
  equal,
  erf,
  exp,
  greater,
  hardSigmoid,
  leakyRelu,
  less,
  log,
  max,
  min,
  mul,
  neg,
  pow,
  relu,
  sigmoid,
  softplus,
  sqrt,
  sub,
  tanh,
  where,
} from "../../append-nodes.ts";
import type { AnyGraph, Value } from "../../graph.ts";
import type { Call, Row, Rows } from "../call.ts";
import { isKnown, lengthsOf, type Term } from "../term.ts";
import { number } from "../translation.ts";
import { refuse } from "../unfit.ts";

type Two = (graph: AnyGraph, a: Value, b: Value) => Value;

const unary =
  (of: (graph: AnyGraph, x: Value) => Value): Row =>
  ({ graph, value }) =>
    of(graph, value(0));
const binary =
  (of: Two): Row =>
  ({ graph, value }) =>
    of(graph, value(0), value(1));

/** Operators of any number of inputs, as those of two inputs one after the other. */
const chained =
  (of: Two): Row =>
  ({ graph, values }) =>
    values().reduce((joined, value) => of(graph, joined, value));

/** Of truth values, which have no derivative: as numbers that are 0 or 1. */
const truth =
  (of: Two, threshold: number): Row =>
  ({ graph, t, value }) => {
    const [a, b] = [value(0), value(1)].map((x) => cast(graph, x, "float32"));
    return greater(graph, of(graph, a!, b!), number(t, threshold));
  };

/** What keeps its input's shape, or broadcasts its inputs. */
export const ELEMENTWISE: Rows = {
  Add: binary(add),
  Sub: ({ graph, t, value, term }) => {
    const y = sub(graph, value(0), value(1));
    const { sigmoid } = t.probabilities.get(value(1)) ?? {};
    if (sigmoid && isOnes(term(0))) t.probabilities.set(y, { oneMinusSigmoid: sigmoid });
    return y;
  },
  Mul: binary(mul),
  Div: binary(div),
  Pow: power,
  Neg: unary(neg),
  Abs: unary(abs),
  Sqrt: unary(sqrt),
  Exp: unary(exp),
  Log: unary(log),
  Erf: unary(erf),
  // 1 / x
  Reciprocal: ({ graph, t, value }) => div(graph, number(t, 1), value(0)),
  Max: chained(max),
  Min: chained(min),
  Sum: chained(add),
  Mean: ({ graph, t, values }) => {
    const all = values();
    const sum = all.reduce((joined, value) => add(graph, joined, value));
    return mul(graph, sum, number(t, 1 / all.length));
  },
  Where: ({ graph, value }) => where(graph, value(0), value(1), value(2)),
  Clip: ({ graph, value, has, term, number: given }) => {
    const isFixed = [1, 2].every((place) => !has(place) || isKnown(term(place)));
    if (isFixed) {
      const low = has(1) ? given(1, "the lower bound") : Number.NEGATIVE_INFINITY;
      const high = has(2) ? given(2, "the upper bound") : Number.POSITIVE_INFINITY;
      return clip(graph, value(0), low, high);
    }
    const raised = has(1) ? max(graph, value(0), value(1)) : value(0);
    return has(2) ? min(graph, raised, value(2)) : raised;
  },

  Equal: binary(equal),
  Greater: binary(greater),
  Less: binary(less),
  And: truth(mul, 0.5),
  Or: truth(add, 0.5),
  Xor: truth((graph, a, b) => abs(graph, sub(graph, a, b)), 0.5),
  Not: ({ graph, value }) => not(graph, value(0)),
  // Not the other way round: x < y is false where either is not a number, and so is x ≥ y.
  GreaterOrEqual: ({ graph, value }) => orEqual(graph, greater, value(0), value(1)),
  LessOrEqual: ({ graph, value }) => orEqual(graph, less, value(0), value(1)),

  Relu: unary(relu),
  Tanh: unary(tanh),
  Sigmoid: ({ graph, t, value }) => {
    const x = value(0);
    const y = sigmoid(graph, x);
    t.probabilities.set(y, { sigmoid: () => x });
    return y;
  },
  Softplus: unary(softplus),
  LeakyRelu: ({ graph, value, float }) => leakyRelu(graph, value(0), float("alpha", 0.01)),
  Elu: ({ graph, value, float }) => elu(graph, value(0), float("alpha", 1)),
  HardSigmoid: ({ graph, value, float }) =>
    hardSigmoid(graph, value(0), float("alpha", 0.2), float("beta", 0.5)),
  // x · max(0, min(1, x / 6 + 1/2))
  HardSwish: unary((graph, x) => mul(graph, x, hardSigmoid(graph, x, 1 / 6, 0.5))),
  // x · tanh(log(1 + exp(x)))
  Mish: unary((graph, x) => mul(graph, x, tanh(graph, softplus(graph, x)))),
  // γ · elu(x, α)
  Selu: ({ graph, t, value, float }) => {
    const alpha = float("alpha", 1.6732632423543772);
    const gamma = float("gamma", 1.0507009873554805);
    return mul(graph, elu(graph, value(0), alpha), number(t, gamma));
  },
  // max(0, x) + min(0, α (exp(x / α) − 1)) = α · elu(x / α, 1)
  Celu: ({ graph, t, value, float }) => {
    const alpha = number(t, float("alpha", 1));
    return mul(graph, elu(graph, div(graph, value(0), alpha), 1), alpha);
  },
  // x where it is positive, else slope · x: relu(x) − slope · relu(−x)
  PRelu: ({ graph, value }) => {
    const below = mul(graph, relu(graph, neg(graph, value(0))), value(1));
    return sub(graph, relu(graph, value(0)), below);
  },
  // x where it is above α, else 0
  ThresholdedRelu: ({ graph, t, value, float }) => {
    const isAbove = greater(graph, value(0), number(t, float("alpha", 1)));
    return where(graph, isAbove, value(0), number(t, 0));
  },
  // x / (1 + |x|)
  Softsign: ({ graph, t, value }) =>
    div(graph, value(0), add(graph, abs(graph, value(0)), number(t, 1))),
  Gelu: gelu,
};

/** x to a power that is one number and known. */
function power({ graph, value, numbers }: Call) {
  const exponents = new Set(numbers(1, "the exponent"));
  if (exponents.size !== 1) refuse("the exponent must be one number", "/input/1");
  const [exponent] = exponents;
  return pow(graph, value(0), exponent!);
}

/** x Φ(x), exactly by erf or by tanh(√(2/π) (x + 0.044715 x³)) (Hendrycks & Gimpel 2016). */
function gelu({ graph, t, value, text }: Call) {
  const x = value(0);
  const approximate = text("approximate", "none");
  if (approximate !== "none" && approximate !== "tanh")
    refuse("approximate is not one of the two", "/attribute/approximate", ["none", "tanh"]);
  const cubic = () =>
    tanh(
      graph,
      mul(
        graph,
        add(graph, x, mul(graph, pow(graph, x, 3), number(t, 0.044715))),
        number(t, Math.sqrt(2 / Math.PI)),
      ),
    );
  const part =
    approximate === "tanh" ? cubic() : erf(graph, mul(graph, x, number(t, Math.SQRT1_2)));
  const half = mul(graph, x, number(t, 0.5));
  return mul(graph, half, add(graph, part, number(t, 1)));
}

function not(graph: Call["graph"], x: Value): Value {
  const zeros = cast(graph, x, "float32");
  return equal(graph, zeros, sub(graph, zeros, zeros));
}

function orEqual(graph: Call["graph"], of: Two, a: Value, b: Value): Value {
  const either = [of(graph, a, b), equal(graph, a, b)].map((x) => cast(graph, x, "float32"));
  return cast(graph, max(graph, either[0]!, either[1]!), "bool");
}

function isOnes(term: Term): boolean {
  return isKnown(term) && term.data.length === 1 && lengthsOf(term).every((one) => one === 1);
}
