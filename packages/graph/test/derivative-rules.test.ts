import { describe, expect, test } from "vitest";
import {
  activate,
  conv,
  flatten,
  gemm,
  maxPool,
  mul,
  reduceMean,
  softmaxCrossEntropyLoss,
  sub,
} from "../src/append-nodes.ts";
import { DERIVATIVE_RULES } from "../src/derivative-rules.ts";
import {
  addInput,
  emptyGraph,
  type ForwardGraph,
  type ForwardOp,
  type Value,
} from "../src/graph.ts";
import { padAxis } from "../src/pad-axis.ts";
import { checkGradients, randomNumbers, spreadNumbers } from "./check-gradients.ts";
import { type Double, double, evaluateInDouble } from "./evaluate-in-double.ts";

/** One application of one operator to float32 inputs of these shapes, of which all are differentiated. */
interface Case {
  name: string;
  shapes: number[][];
  apply: (graph: ForwardGraph, inputs: Value[]) => Value;
}

const convCase = (
  [height, width]: [number, number],
  kernel: number,
  stride: number,
  padding: "same" | "valid",
): Case => ({
  name: `${height}x${width}, kernel ${kernel}, stride ${stride}, ${padding}`,
  shapes: [[3, 2, height, width], [4, 2, kernel, kernel], [4]],
  apply: (graph, [x, w, b]) => {
    const axes = [height, width].map((length) => padAxis(length, kernel, stride, padding));
    const attributes = {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      dilations: [1, 1],
      pads: [...axes.map(({ begin }) => begin), ...axes.map(({ end }) => end)],
    };
    return conv(graph, x!, w!, attributes, b!);
  },
});

const poolCase = ([height, width]: [number, number], size: number, stride: number): Case => ({
  name: `${height}x${width}, size ${size}, stride ${stride}`,
  shapes: [[3, 2, height, width]],
  apply: (graph, [x]) => maxPool(graph, x!, size, stride),
});

const activationCase = (op: "Relu" | "Tanh" | "Sigmoid"): Case => ({
  name: "on its own",
  shapes: [[4, 5]],
  apply: (graph, [x]) => activate(graph, op, x!),
});

const CASES: Record<ForwardOp, Case[]> = {
  Gemm: ([0, 1] as const).flatMap((transA) =>
    ([0, 1] as const).map((transB) => ({
      name: `transA ${transA}, transB ${transB}`,
      shapes: [transA ? [3, 4] : [4, 3], transB ? [5, 3] : [3, 5], [5]],
      apply: (graph: ForwardGraph, [a, b, c]: Value[]) =>
        gemm(graph, a!, b!, { transA, transB, bias: c! }),
    })),
  ),
  Conv: [
    convCase([5, 6], 3, 1, "valid"),
    convCase([5, 6], 3, 1, "same"),
    convCase([5, 6], 2, 1, "same"),
    convCase([7, 8], 3, 2, "valid"),
    convCase([7, 8], 3, 2, "same"),
    convCase([9, 6], 2, 3, "valid"),
    convCase([5, 7], 1, 3, "same"),
    convCase([8, 5], 5, 4, "same"),
    convCase([3, 2], 5, 1, "same"),
    convCase([4, 4], 4, 1, "valid"),
  ],
  MaxPool: [
    poolCase([4, 6], 2, 2),
    poolCase([5, 7], 2, 2),
    poolCase([7, 8], 2, 3),
    poolCase([5, 6], 3, 1),
    poolCase([6, 7], 3, 2),
    poolCase([4, 4], 4, 4),
    poolCase([3, 4], 1, 1),
  ],
  Flatten: [
    { name: "an image", shapes: [[3, 2, 4, 5]], apply: (graph, [x]) => flatten(graph, x!) },
    { name: "what is flat", shapes: [[3, 2]], apply: (graph, [x]) => flatten(graph, x!) },
  ],
  Relu: [activationCase("Relu")],
  Tanh: [activationCase("Tanh")],
  Sigmoid: [activationCase("Sigmoid")],
  SoftmaxCrossEntropyLoss: [
    {
      name: "five rows, four classes",
      shapes: [[5, 4]],
      apply: (graph, [logits]) => {
        const targets = addInput(graph, "targets", "int32", ["rows"]);
        return softmaxCrossEntropyLoss(graph, logits!, targets);
      },
    },
  ],
  Sub: [
    {
      name: "two tensors",
      shapes: [
        [3, 2],
        [3, 2],
      ],
      apply: (graph, [a, b]) => sub(graph, a!, b!),
    },
    {
      name: "one twice",
      shapes: [[3, 2]],
      apply: (graph, [a]) => sub(graph, mul(graph, a!, a!), a!),
    },
  ],
  Mul: [
    {
      name: "two tensors",
      shapes: [
        [3, 2],
        [3, 2],
      ],
      apply: (graph, [a, b]) => mul(graph, a!, b!),
    },
    { name: "a square", shapes: [[3, 2]], apply: (graph, [a]) => mul(graph, a!, a!) },
  ],
  ReduceMean: [
    { name: "a matrix", shapes: [[3, 4]], apply: (graph, [x]) => reduceMean(graph, x!) },
  ],
};

describe.each(Object.keys(DERIVATIVE_RULES) as ForwardOp[])("the derivative of %s", (op) => {
  test.each(CASES[op])("is that of central differences: $name", async ({ shapes, apply }) => {
    const graph = emptyGraph<ForwardOp>();
    const inputs = shapes.map((shape, i) => addInput(graph, `x${i}`, "float32", shape));
    const y = apply(graph, inputs);
    const feeds = new Map<Value, Double>(
      inputs.map((input, i) => [input, spreadNumbers(shapes[i]!, i + 1)]),
    );
    for (const value of graph.inputs.filter(({ type }) => type === "int32"))
      feeds.set(
        value,
        double([5], (i) => [2, 0, 3, 3, 1][i]!),
      );

    // The loss weighs every output differently, so that no two derivatives can be mistaken.
    const { shape } = evaluateInDouble(graph, feeds).get(y)!;
    expect(shape.length).toBe(y.shape.length);
    const random = randomNumbers(99);
    const weighting = addInput(graph, "weighting", "float32", shape);
    feeds.set(weighting, double(shape, random));
    const loss = reduceMean(graph, mul(graph, y, weighting));
    await checkGradients(graph, loss, feeds, inputs);
  });
});
