import {
  logSoftmax,
  reduceMax,
  reduceMean,
  reduceSum,
  softmax,
  softmaxCrossEntropyLoss,
} from "../../src/append-nodes.ts";
import { addInput, type ForwardGraph, type Value } from "../../src/graph.ts";
import { double } from "../double/tensor.ts";
import type { Case, Cases } from "./case.ts";

const AXES: (number[] | undefined)[] = [undefined, [0], [1], [-1], [0, 2], [2, 1], [0, 1, 2]];

const reductionCases = (reduce: typeof reduceSum): Case[] =>
  ([0, 1] as const).flatMap((keepdims) =>
    AXES.flatMap((axes) =>
      [[], [0]].map((rows) => ({
        name: `over ${axes ?? "all"}, keepdims ${keepdims}, ${rows.length ? "a batch" : "fixed"}`,
        shapes: [[3, 4, 3]],
        rows,
        apply: (graph: ForwardGraph, [x]: Value[]) => reduce(graph, x!, axes, keepdims),
      })),
    ),
  );

const alongAxes = (apply: typeof softmax): Case[] =>
  [-1, 0, 1].map((axis) => ({
    name: `along ${axis}`,
    shapes: [[3, 4, 2]],
    rows: [0],
    apply: (graph: ForwardGraph, [x]: Value[]) => apply(graph, x!, axis),
  }));

export const REDUCTIONS: Cases<
  | ("ReduceMean" | "ReduceSum" | "ReduceMax")
  | ("Softmax" | "LogSoftmax" | "SoftmaxCrossEntropyLoss")
> = {
  ReduceMean: reductionCases(reduceMean),
  ReduceSum: reductionCases(reduceSum),
  ReduceMax: reductionCases(reduceMax),
  Softmax: alongAxes(softmax),
  LogSoftmax: alongAxes(logSoftmax),
  SoftmaxCrossEntropyLoss: [
    {
      name: "five rows, four classes",
      shapes: [[5, 4]],
      rows: [0],
      integers: { targets: double([5], (i) => [2, 0, 3, 3, 1][i]!) },
      apply: (graph, [logits]) => {
        const targets = addInput(graph, "targets", "int32", ["rows"]);
        return softmaxCrossEntropyLoss(graph, logits!, targets);
      },
    },
  ],
};
