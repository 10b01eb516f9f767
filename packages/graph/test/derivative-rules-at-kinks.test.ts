import { Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import {
  abs,
  activate,
  add,
  clip,
  concat,
  conv,
  elu,
  gather,
  hardSigmoid,
  leakyRelu,
  logSoftmax,
  matmul,
  max,
  maxPool,
  min,
  mul,
  pow,
  reduceMax,
  reduceSum,
  reshape,
  slice,
  softmax,
  softplus,
  sqrt,
} from "../src/append-nodes.ts";
import { differentiate } from "../src/differentiate.ts";
import {
  addConstant,
  addInput,
  emptyGraph,
  type ForwardGraph,
  type ForwardOp,
  numbersOf,
  type Value,
} from "../src/graph.ts";
import { openSession } from "../src/open-session.ts";
import { count } from "./double/tensor.ts";

/*
 * Where there is no derivative, or a formula could overflow, it is what PyTorch 2.13 gives for the sum of
 * y weighted by 1, 2, 3, ... (torch.abs, relu, leaky_relu, elu, clamp, maximum, minimum, amax, max_pool2d,
 * softplus, sigmoid, log_softmax, softmax, indexing).
 */
const INFINITY = Number.POSITIVE_INFINITY;

async function derivativesOf(
  shapes: number[][],
  numbers: number[][],
  apply: (graph: ForwardGraph, inputs: Value[]) => Value,
): Promise<number[][]> {
  const graph = emptyGraph<ForwardOp>();
  const inputs = shapes.map((shape, i) => addInput(graph, `x${i}`, "float32", shape));
  const y = apply(graph, inputs);
  const lengths = y.shape.map(Number);
  const weights = Float32Array.from({ length: count(lengths) }, (_, i) => i + 1);
  const loss = reduceSum(graph, mul(graph, y, addConstant(graph, weights, lengths)));
  const derived = differentiate(graph, loss, inputs);
  const session = await openSession(derived.graph, derived.gradients, { threads: 1 });
  const feeds = inputs.map(({ name }, i) => [
    name,
    new Tensor("float32", Float32Array.from(numbers[i]!), shapes[i]!),
  ]);
  const results = session.run(Object.fromEntries(feeds));
  session.release();
  return derived.gradients.map(({ name }) => Array.from(results[name]!.data as Float32Array));
}

const ofVector = async (
  numbers: number[],
  apply: (graph: ForwardGraph, x: Value) => Value,
): Promise<number[]> => {
  const [derivative] = await derivativesOf([[numbers.length]], [numbers], (graph, [x]) =>
    apply(graph, x!),
  );
  return derivative!;
};

test.each<[string, number[], (graph: ForwardGraph, x: Value) => Value, number[]]>([
  ["abs at 0", [-1, 0, 2], abs, [-1, 0, 3]],
  ["relu at 0", [-1, 0, 2], (graph, x) => activate(graph, "Relu", x), [0, 0, 3]],
  ["root of relu at 0", [-1, 0, 4], (g, x) => sqrt(g, activate(g, "Relu", x)), [0, 0, 0.75]],
  ["leaky relu at 0", [-1, 0, 2], (graph, x) => leakyRelu(graph, x, 0.25), [0.25, 0.5, 3]],
  ["elu at 0", [-1, 0, 2], (graph, x) => elu(graph, x, 0.5), [0.18393972, 1, 3]],
  ["clip at its bounds", [-2, -1, 0, 1, 2], (graph, x) => clip(graph, x, -1, 1), [0, 2, 3, 4, 0]],
  ["square at 0", [0, 2, -3], (graph, x) => pow(graph, x, 2), [0, 8, -18]],
  ["cube at 0", [0, 2, -3], (graph, x) => pow(graph, x, 3), [0, 24, 81]],
  ["first power at 0", [0, 2], (graph, x) => pow(graph, x, 1), [1, 2]],
  ["power of 0 at 0", [0, 2], (graph, x) => add(graph, pow(graph, x, 0), x), [1, 2]],
  ["softplus far out", [-200, 0, 200], softplus, [0, 1, 3]],
  ["sigmoid far out", [-200, 0, 200], (graph, x) => activate(graph, "Sigmoid", x), [0, 0.5, 0]],
  ["elu far out", [200, -200], (graph, x) => elu(graph, x, 1), [1, 0]],
])("%s", async (_, numbers, apply, expected) => {
  const derivative = await ofVector(numbers, apply);
  for (const [i, number] of expected.entries()) expect(derivative[i]).toBeCloseTo(number, 6);
});

test("hard sigmoid has no slope at its bounds", async () => {
  const derivative = await ofVector([-4, -2, 0, 2, 4], (graph, x) =>
    hardSigmoid(graph, x, 0.25, 0.5),
  );
  expect(derivative).toEqual([0, 0, 0.75, 0, 0]);
});

test("of two equal numbers each is half the larger and half the smaller", async () => {
  const pair = [
    [1, 2, 3, INFINITY],
    [2, 2, 2, INFINITY],
  ];
  const apply =
    (of: typeof max) =>
    (graph: ForwardGraph, [a, b]: Value[]) =>
      of(graph, a!, b!);
  expect(await derivativesOf([[4], [4]], pair, apply(max))).toEqual([
    [0, 1, 3, 2],
    [1, 1, 0, 2],
  ]);
  expect(await derivativesOf([[4], [4]], pair, apply(min))).toEqual([
    [1, 1, 0, 2],
    [0, 1, 3, 2],
  ]);
});

test("several largest share the derivative of a maximum", async () => {
  const [derivative] = await derivativesOf([[2, 3]], [[1, 3, 3, 2, 2, 2]], (graph, [x]) =>
    reduceMax(graph, x!, [1]),
  );
  for (const [i, number] of [0, 0.5, 0.5, 2 / 3, 2 / 3, 2 / 3].entries())
    expect(derivative![i]).toBeCloseTo(number, 6);
});

test.each([
  { strides: [1, 1], expected: [1, 2, 0, 0, 0, 0] },
  { strides: [2, 2], expected: [1, 0, 0, 0, 0, 0] },
])("the first of several largest gets all of a window's, strides $strides", async (sample) => {
  const { strides, expected } = sample;
  const attributes = { kernel_shape: [2, 2], strides, pads: [0, 0, 0, 0] };
  const [derivative] = await derivativesOf([[1, 1, 2, 3]], [[1, 1, 1, 1, 1, 1]], (graph, [x]) =>
    maxPool(graph, x!, attributes),
  );
  expect(derivative).toEqual(expected);
});

test("softmax and its logarithm hold far out", async () => {
  const far = [1000, 0, -1000, 0];
  const of = async (apply: typeof softmax) => {
    const [derivative] = await derivativesOf([[2, 2]], [far], (graph, [x]) => apply(graph, x!));
    return derivative!.map((number) => number + 0);
  };
  expect(await of(logSoftmax)).toEqual([-2, 2, 3, -3]);
  expect(await of(softmax)).toEqual([0, 0, 0, 0]);
});

test("an entry that was taken twice gets both derivatives, one that was not gets none", async () => {
  const [derivative] = await derivativesOf([[3, 2]], [[1, 2, 3, 4, 5, 6]], (graph, [table]) =>
    gather(graph, table!, addConstant(graph, Int32Array.of(2, 2, 0), [3])),
  );
  expect(derivative).toEqual([5, 6, 0, 0, 4, 6]);
});

test("shapes that do not fit are refused, and the batch axis where it has no place", () => {
  const graph = emptyGraph<ForwardOp>();
  const wide = addInput(graph, "wide", "float32", ["rows", 3]);
  const fixed = addInput(graph, "fixed", "float32", [2, 3]);
  const image = addInput(graph, "image", "float32", [1, 3, "rows", 4]);
  const kernel = addInput(graph, "kernel", "float32", [1, 3, 2, 2]);
  const windows = { kernel_shape: [2, 2], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] };
  expect(() => add(graph, wide, fixed)).toThrow("[rows, 3] and [2, 3] do not broadcast");
  expect(() => matmul(graph, wide, addInput(graph, "v", "float32", [3]))).toThrow("two axes");
  expect(() => concat(graph, [wide, wide], 0)).toThrow("axis 0 of wide");
  expect(() => slice(graph, wide, [0], [0], [1])).toThrow("axis 0 of wide");
  expect(() => conv(graph, image, kernel, windows)).toThrow("axis 2 of image");
  expect(() => softmax(graph, fixed, 2)).toThrow("has no axis 2");
  expect(() => numbersOf(graph, fixed)).toThrow("fixed is not a constant");
  expect(reshape(graph, wide, ["rows", 1, 3]).shape).toEqual(["rows", 1, 3]);
});
