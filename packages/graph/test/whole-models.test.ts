import { ACTIVATIONS, type Layer, type Loss } from "@descent/contracts";
import { describe, expect, test } from "vitest";
import { appendLoss } from "../src/append-loss.ts";
import { addInput, emptyGraph, type ForwardOp, type Value } from "../src/graph.ts";
import { appendActivation } from "../src/layers/append-activation.ts";
import { appendLayer } from "../src/layers/append-layer.ts";
import { type Double, double, evaluateInDouble } from "./evaluate-in-double.ts";
import { openModel, randomBatch, type SmallModel } from "./small-model.ts";

const flat: Layer = { type: "flatten" };
const last: Layer = { type: "dense" };
const convLayer = (
  kernel: number,
  stride: number,
  padding: "same" | "valid",
  activation: "relu" | "tanh",
): Layer => ({ type: "conv2d", filters: 3, kernel, stride, padding, activation });
const pool = (size: number, stride: number): Layer => ({ type: "max_pool2d", size, stride });

const MODELS: { name: string; input: number[]; layers: Layer[] }[] = [
  ...ACTIVATIONS.map(
    (activation) =>
      ({
        name: `dense ${activation}`,
        input: [4],
        layers: [
          { type: "dense", units: 5, activation },
          { type: "dense", units: 3, activation },
          last,
        ],
      }) satisfies { name: string; input: number[]; layers: Layer[] },
  ),
  {
    name: "conv same, pool, conv valid",
    input: [2, 6, 7],
    layers: [
      convLayer(3, 1, "same", "tanh"),
      pool(2, 2),
      convLayer(2, 1, "valid", "relu"),
      flat,
      last,
    ],
  },
  {
    name: "conv stride 2, overlapping pool",
    input: [1, 9, 8],
    layers: [
      convLayer(3, 2, "same", "relu"),
      convLayer(2, 1, "same", "tanh"),
      pool(3, 1),
      flat,
      last,
    ],
  },
  {
    name: "relu before a pool with a remainder, conv valid stride 2",
    input: [1, 9, 9],
    layers: [
      convLayer(3, 1, "same", "relu"),
      pool(2, 2),
      convLayer(3, 2, "valid", "relu"),
      flat,
      last,
    ],
  },
  {
    name: "relu before an overlapping pool",
    input: [2, 7, 7],
    layers: [convLayer(3, 1, "valid", "relu"), pool(3, 2), flat, last],
  },
  {
    name: "pool first, dense after",
    input: [1, 4, 4],
    layers: [pool(2, 2), flat, { type: "dense", units: 4, activation: "tanh" }, last],
  },
];

describe.each(["cross_entropy", "mse"] as const)("the gradients of %s", (loss) => {
  test.each(MODELS)("are those of central differences: $name", async ({ layers, input }) => {
    const rows = 5;
    const outputs = 3;
    const model = await openModel(layers, input, outputs, loss);
    const batch = randomBatch(rows, input, outputs);
    const targets = loss === "mse" ? batch.numbers : batch.classes;
    const result = await model.training.step(batch.inputs, targets, rows);
    const predicted = await model.training.forward(batch.inputs, rows);

    const reference = inDouble(model, input, loss, batch.inputs, targets, rows);
    expect(result.loss).toBeCloseTo(reference.loss(model.weights), 5);
    const expectedOutputs = reference.outputs(model.weights);
    for (const [i, output] of expectedOutputs.entries())
      expect(predicted[i]).toBeCloseTo(output, 4);

    const expected = new Float64Array(model.weights.length);
    const step = 1e-6;
    for (const { offset, length } of model.training.tensors)
      for (let i = offset; i < offset + length; i++) {
        const [above, below] = [step, -step].map((by) => {
          const moved = Float64Array.from(model.weights);
          moved[i]! += by;
          return reference.loss(moved);
        });
        expected[i] = (above! - below!) / (2 * step);
      }
    const scale = Math.max(...expected.map(Math.abs));
    expect(scale).toBeGreaterThan(1e-3);
    for (const [i, gradient] of expected.entries())
      expect(Math.abs(gradient - model.gradients[i]!) / scale).toBeLessThan(1e-5);
    await model.training.release();
  });
});

/** The same model in plain double loops, each activation right after its layer, as a function of all its parameters. */
function inDouble(
  { layers, training }: SmallModel,
  input: number[],
  loss: Loss,
  inputs: Float32Array,
  targets: Int32Array | Float32Array,
  rows: number,
) {
  const graph = emptyGraph<ForwardOp>();
  const first = addInput(graph, "input", "float32", ["rows", ...input]);
  const parameters: Value[] = [];
  let output = first;
  for (const layer of layers) {
    const own = layer.parameters.map(({ name, shape }) => addInput(graph, name, "float32", shape));
    parameters.push(...own);
    output = appendLayer(graph, layer, [output], own, null, { masks: [], statistics: [] });
    const activation = "activation" in layer.layer ? layer.layer.activation : "none";
    output = appendActivation(graph, activation, output);
  }
  const ending = appendLoss(graph, loss, output);
  const evaluate = (weights: Float32Array | Float64Array) => {
    const feeds = new Map<Value, Double>([
      [first, double([rows, ...input], (i) => inputs[i]!)],
      [
        ending.targets,
        double([rows, ...ending.targets.shape.slice(1).map(Number)], (i) => targets[i]!),
      ],
    ]);
    for (const [k, { shape, offset }] of training.tensors.entries())
      feeds.set(
        parameters[k]!,
        double(shape, (i) => weights[offset + i]!),
      );
    return evaluateInDouble(graph, feeds);
  };
  return {
    loss: (weights: Float32Array | Float64Array) => evaluate(weights).get(ending.loss)!.data[0]!,
    outputs: (weights: Float32Array) => evaluate(weights).get(output)!.data,
  };
}
