import {
  abs,
  activate,
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
  identity,
  leakyRelu,
  less,
  log,
  max,
  min,
  mul,
  neg,
  pow,
  scalar,
  softplus,
  sqrt,
  sub,
  where,
} from "../../src/append-nodes.ts";
import type { AnyGraph, ForwardGraph, ForwardOp, Value } from "../../src/graph.ts";
import { type Case, type Cases, named, randomBroadcast } from "./case.ts";

type Binary = (graph: AnyGraph, a: Value, b: Value) => Value;
type Unary = (graph: AnyGraph, x: Value) => Value;

const PAIRS: number[][][] = [
  [
    [3, 2],
    [3, 2],
  ],
  [
    [4, 1, 3],
    [2, 1],
  ],
  [[3], [2, 3]],
  [[], [2, 3]],
  [
    [1, 1],
    [3, 2],
  ],
  ...[11, 12, 13, 14].map((seed) => randomBroadcast(2, seed)),
];

const binary = (apply: Binary, more: Partial<Case> = {}): Case[] => [
  ...PAIRS.map((shapes) => ({
    name: named(shapes),
    shapes,
    apply: (graph: ForwardGraph, [a, b]: Value[]) => apply(graph, a!, b!),
    ...more,
  })),
  {
    name: "a batch and a row",
    shapes: [[4, 3], [3]],
    rows: [0],
    apply: (graph, [a, b]) => apply(graph, a!, b!),
    ...more,
  },
];

const unary = (apply: Unary, more: Partial<Case> = {}): Case[] =>
  [[4, 5], [], [2, 1, 3]].map((shape) => ({
    name: named([shape]),
    shapes: [shape],
    apply: (graph: ForwardGraph, [x]: Value[]) => apply(graph, x!),
    ...(shape.length > 1 ? { rows: [0] } : {}),
    ...more,
  }));

const either = (compare: Binary): Case[] => [
  {
    name: "tells which of two to take",
    shapes: [[4, 5], [5]],
    rows: [0],
    apply: (graph, [a, b]) => where(graph, compare(graph, a!, b!), a!, mul(graph, b!, b!)),
  },
];

export const ELEMENTWISE: Cases<
  Extract<
    ForwardOp,
    | ("Add" | "Sub" | "Mul" | "Div" | "Pow" | "Neg" | "Abs" | "Sqrt" | "Exp" | "Log" | "Erf")
    | ("Identity" | "Max" | "Min" | "Where" | "Cast" | "Clip")
    | ("Relu" | "Tanh" | "Sigmoid" | "Softplus" | "LeakyRelu" | "Elu" | "HardSigmoid")
    | ("Equal" | "Greater" | "Less")
  >
> = {
  Add: binary(add),
  Sub: [
    ...binary(sub),
    {
      name: "one twice",
      shapes: [[3, 2]],
      apply: (graph, [a]) => sub(graph, mul(graph, a!, a!), a!),
    },
  ],
  Mul: [
    ...binary(mul),
    { name: "a square", shapes: [[3, 2]], apply: (graph, [a]) => mul(graph, a!, a!) },
  ],
  Div: binary(div, { positive: true }),
  Pow: [2, 3, 1, -1, 0.5, 2.5].flatMap((p) =>
    unary((graph, x) => pow(graph, x, p), { name: `to the power of ${p}`, positive: true }),
  ),
  Neg: unary(neg),
  Abs: unary(abs),
  Sqrt: unary(sqrt, { positive: true }),
  Exp: unary(exp),
  Log: unary(log, { positive: true }),
  Erf: unary(erf),
  Identity: unary(identity),
  Max: binary(max),
  Min: binary(min),
  Where: [
    [
      [4, 5],
      [4, 5],
      [4, 5],
    ],
    [[3], [2, 1], [2, 3]],
    [[2, 3], [], [3]],
    ...[5, 6, 7].map((seed) => randomBroadcast(3, seed)),
  ].map((shapes) => ({
    name: named(shapes),
    shapes,
    apply: (graph: ForwardGraph, [c, a, b]: Value[]) => {
      const taken = where(graph, greater(graph, c!, scalar(graph, 0)), a!, b!);
      return add(graph, taken, c!);
    },
  })),
  Cast: unary((graph, x) => cast(graph, x, "float32")),
  Clip: [
    ...unary((graph, x) => clip(graph, x, -0.21, 0.33), { shapes: [[4, 5]] }),
    ...unary((graph, x) => clip(graph, x, 0.03, Number.POSITIVE_INFINITY), { shapes: [[4, 5]] }),
  ],

  Relu: unary((graph, x) => activate(graph, "Relu", x), { shapes: [[4, 5]] }),
  Tanh: unary((graph, x) => activate(graph, "Tanh", x)),
  Sigmoid: unary((graph, x) => activate(graph, "Sigmoid", x)),
  Softplus: unary(softplus),
  LeakyRelu: [0.01, 0.3].flatMap((alpha) => unary((graph, x) => leakyRelu(graph, x, alpha))),
  Elu: [1, 0.7].flatMap((alpha) => unary((graph, x) => elu(graph, x, alpha))),
  HardSigmoid: unary((graph, x) => hardSigmoid(graph, x, 2, 0.53), { shapes: [[5, 6]] }),

  Equal: [
    {
      name: "marks what is its own maximum",
      shapes: [[4, 5]],
      apply: (graph, [x]) => {
        const high = max(graph, x!, scalar(graph, 0.03));
        return where(graph, equal(graph, x!, high), mul(graph, x!, x!), scalar(graph, 0));
      },
    },
  ],
  Greater: either(greater),
  Less: either(less),
};
