import { axisFromFront } from "../../append/append-node.ts";
import {
  abs,
  add,
  div,
  exp,
  log,
  logSoftmax,
  mul,
  neg,
  reduceMax,
  reduceMean,
  reduceSum,
  softmax,
  softplus,
  sqrt,
  sub,
} from "../../append-nodes.ts";
import type { Value } from "../../graph.ts";
import type { Call, Row, Rows } from "../call.ts";
import { shown } from "../shown.ts";
import { refuse } from "../unfit.ts";

type Reduce = (x: Value) => Value;

/** `of` is given x and the reduction's sum, mean or maximum over the axes that the node names. */
const over =
  (
    of: (graph: Call["graph"], x: Value, by: Record<"sum" | "mean" | "max", Reduce>) => Value,
  ): Row =>
  (call) => {
    const { graph, value, int } = call;
    const axes = reducedAxes(call);
    if (axes === null) return value(0);
    const keepdims = int("keepdims", 1) ? 1 : 0;
    const all = axes.length === 0;
    const named = all ? undefined : axes;
    return of(graph, value(0), {
      sum: (x) => (x.shape.length === 0 ? x : reduceSum(graph, x, named, keepdims)),
      mean: (x) => (x.shape.length === 0 ? x : reduceMean(graph, x, named, keepdims)),
      max: (x) => (x.shape.length === 0 ? x : reduceMax(graph, x, named, keepdims)),
    });
  };

export const REDUCTIONS: Rows = {
  ReduceSum: over((_, x, { sum }) => sum(x)),
  ReduceMean: over((_, x, { mean }) => mean(x)),
  ReduceMax: over((_, x, { max }) => max(x)),
  // −max(−x)
  ReduceMin: over((graph, x, { max }) => neg(graph, max(neg(graph, x)))),
  ReduceL1: over((graph, x, { sum }) => sum(abs(graph, x))),
  ReduceL2: over((graph, x, { sum }) => sqrt(graph, sum(mul(graph, x, x)))),
  ReduceSumSquare: over((graph, x, { sum }) => sum(mul(graph, x, x))),
  ReduceLogSum: over((graph, x, { sum }) => log(graph, sum(x))),

  Softmax: ({ graph, t, value, int }) => {
    const x = value(0);
    const axis = withinRow(x, int("axis", -1));
    const y = softmax(graph, x, axis);
    if (axis === 1) t.probabilities.set(y, { softmax: () => x });
    return y;
  },
  LogSoftmax: ({ graph, value, int }) =>
    logSoftmax(graph, value(0), withinRow(value(0), int("axis", -1))),

  // scikit-learn's norms of rows. A row of positive numbers over its sum is the softmax of its logarithms; that
  // of a sigmoid is −softplus(−x).
  "ai.onnx.ml.Normalizer": ({ graph, t, value, text }) => {
    const x = value(0);
    const norm = text("norm", "MAX");
    if (x.shape.length !== 2) refuse(`it takes [rows, features], not ${shown(x)}`);
    if (norm === "MAX") return div(graph, x, reduceMax(graph, abs(graph, x), [1], 1));
    if (norm === "L2") {
      const length = sqrt(graph, reduceSum(graph, mul(graph, x, x), [1], 1));
      return div(graph, x, length);
    }
    if (norm !== "L1") refuse("norm is none of these", "/attribute/norm", ["L1", "L2", "MAX"]);
    const y = div(graph, x, reduceSum(graph, abs(graph, x), [1], 1));
    const { softmax: logits, sigmoid } = t.probabilities.get(x) ?? {};
    if (logits) t.probabilities.set(y, { softmax: logits });
    else if (sigmoid)
      t.probabilities.set(y, {
        softmax: () => neg(graph, softplus(graph, neg(graph, sigmoid()))),
      });
    return y;
  },

  // max + log Σ exp(x − max)
  ReduceLogSumExp: (call) => {
    const { graph, value, int } = call;
    const axes = reducedAxes(call);
    if (axes === null) return value(0);
    const keepdims = int("keepdims", 1) ? 1 : 0;
    const named = axes.length === 0 ? undefined : axes;
    const shift = reduceMax(graph, value(0), named, 1);
    const sum = reduceSum(graph, exp(graph, sub(graph, value(0), shift)), named, keepdims);
    const back = keepdims ? shift : reduceSum(graph, shift, named, 0);
    return add(graph, log(graph, sum), back);
  },
};

/** The axes as counted from the front, none for all; null where the node says to leave x as it is. */
function reducedAxes(call: Call): number[] | null {
  const { value, has, int, ints } = call;
  const x = value(0);
  const given = has(1) ? call.wholes(1, "the axes") : (ints("axes") ?? []);
  if (given.length === 0 && int("noop_with_empty_axes", 0) !== 0) return null;
  const axes = [...new Set(given.map((axis) => axisFromFront(axis, x.shape.length)))];
  const isOverRows =
    axes.length === 0 ? x.shape.includes("rows") : axes.some((axis) => x.shape[axis] === "rows");
  if (isOverRows) refuse(`of ${shown(x)} it would join the rows of a batch`);
  return axes;
}

/** An axis counted from the front that is not the batch. */
export function withinRow(x: Value, axis: number): number {
  const place = axisFromFront(axis, x.shape.length);
  if (x.shape[place] === "rows") refuse(`of ${shown(x)} it would join the rows of a batch`);
  return place;
}
