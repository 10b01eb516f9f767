import { describe, expect, test } from "vitest";
import { mul, reduceMean } from "../src/append-nodes.ts";
import { DERIVATIVE_RULES } from "../src/derivative-rules.ts";
import { addInput, emptyGraph, type ForwardOp, type Value } from "../src/graph.ts";
import type { Cases } from "./cases/case.ts";
import { ELEMENTWISE } from "./cases/elementwise.ts";
import { POOLING } from "./cases/pooling.ts";
import { PRODUCTS } from "./cases/products.ts";
import { REDUCTIONS } from "./cases/reductions.ts";
import { SHAPES } from "./cases/shapes.ts";
import {
  checkGradients,
  positiveNumbers,
  randomNumbers,
  spreadNumbers,
} from "./check-gradients.ts";
import { type Double, double, evaluateInDouble } from "./evaluate-in-double.ts";

const CASES: Cases<ForwardOp> = {
  ...ELEMENTWISE,
  ...PRODUCTS,
  ...POOLING,
  ...REDUCTIONS,
  ...SHAPES,
};

describe.each(Object.keys(DERIVATIVE_RULES) as ForwardOp[])("the derivative of %s", (op) => {
  test.each(CASES[op])("is that of central differences: $name", async (sample) => {
    const { shapes, rows = [], positive, integers = {} } = sample;
    const graph = emptyGraph<ForwardOp>();
    const inputs = shapes.map((shape, i) =>
      addInput(
        graph,
        `x${i}`,
        "float32",
        rows.includes(i) ? ["rows" as const, ...shape.slice(1)] : shape,
      ),
    );
    const y = sample.apply(graph, inputs);
    const numbers = positive ? positiveNumbers : spreadNumbers;
    const feeds = new Map<Value, Double>(
      inputs.map((input, i) => [input, numbers(shapes[i]!, i + 1)]),
    );
    for (const value of graph.inputs.filter(({ type }) => type === "int32"))
      feeds.set(value, integers[value.name]!);

    // The shape that was worked out is the one that comes out.
    const { shape } = evaluateInDouble(graph, feeds).get(y)!;
    const batch = Array.from(feeds).find(([value]) => value.shape[0] === "rows")?.[1].shape[0];
    expect(y.shape.map((length) => (length === "rows" ? batch : length))).toEqual(shape);

    // The loss weighs every output differently, so that no two derivatives can be mistaken.
    const random = randomNumbers(99);
    const weighting = addInput(graph, "weighting", "float32", y.shape);
    feeds.set(weighting, double(shape, random));
    const loss = reduceMean(graph, mul(graph, y, weighting));
    await checkGradients(graph, loss, feeds, inputs);
  });
});
