import { readFileSync } from "node:fs";
import { LOSSES, type Loss, nameOfLoss } from "@descent/contracts";
import { Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { appendCorrect, appendLoss } from "../src/append-loss.ts";
import { appendPenalties } from "../src/append-penalties.ts";
import { differentiate } from "../src/differentiate.ts";
import { addInput, emptyGraph, type ForwardOp } from "../src/graph.ts";
import { openSession } from "../src/open-session.ts";
import { checkGradients, spreadNumbers } from "./check-gradients.ts";
import { double } from "./evaluate-in-double.ts";

interface Case {
  name: string;
  loss: Loss;
  /** [rows, outputs] */
  shape: [number, number];
  outputs: number[];
  targets: number[];
  expected: { loss: number; gradient: number[] };
}
const { cases } = JSON.parse(
  readFileSync(new URL("pytorch-losses/losses.json", import.meta.url), "utf8"),
) as { cases: Case[] };

/** The loss of outputs that are fed, with its derivative by them. */
function lossOf(loss: Loss, outputs: number) {
  const graph = emptyGraph<ForwardOp>();
  const output = addInput(graph, "output", "float32", ["rows", outputs]);
  return { graph, output, ...appendLoss(graph, loss, output) };
}

describe("losses and derivatives are PyTorch's", () => {
  test.each(cases)("$name", async ({ loss, shape, outputs, targets, expected }) => {
    const built = lossOf(loss, shape[1]);
    const { graph, gradients } = differentiate(built.graph, built.loss, [built.output]);
    const session = await openSession(graph, [built.loss, ...gradients], { threads: 1 });
    const isInteger = built.targets.type === "int32";
    const results = await session.run({
      output: new Tensor("float32", Float32Array.from(outputs), shape),
      targets: isInteger
        ? new Tensor("int32", Int32Array.from(targets), [shape[0]])
        : new Tensor("float32", Float32Array.from(targets), shape),
    });
    await session.release();
    const value = Number(results[built.loss.name]!.data[0]);
    expect(Math.abs(value / expected.loss - 1)).toBeLessThan(1e-6);
    const actual = results[gradients[0]!.name]!.data as Float32Array;
    expect(actual.length).toBe(expected.gradient.length);
    const scale = Math.max(...expected.gradient.map(Math.abs));
    for (const [i, number] of expected.gradient.entries())
      expect(Math.abs(actual[i]! - number) / scale).toBeLessThan(1e-6);
  });

  test("every loss is among them", () => {
    expect([...new Set(cases.map(({ loss }) => nameOfLoss(loss)))].sort()).toEqual(
      [...LOSSES].sort(),
    );
  });
});

const CHECKED: Loss[] = [
  "cross_entropy",
  { type: "cross_entropy", label_smoothing: 0.2, class_weights: [1, 0.25, 4] },
  "binary_cross_entropy",
  "mse",
  "mae",
  { type: "huber", delta: 0.3 },
];
test.each(CHECKED)("the derivative of %o is that of central differences", async (loss) => {
  const outputs = nameOfLoss(loss) === "cross_entropy" ? 3 : 1;
  const { graph, output, targets, loss: value } = lossOf(loss, outputs);
  const rows = 6;
  const feeds = new Map([
    [output, spreadNumbers([rows, outputs], 3)],
    [
      targets,
      targets.type === "int32"
        ? double([rows], (i) => i % Math.max(outputs, 2))
        : double([rows, outputs], (i) => Math.fround(0.11 * (i % 4))),
    ],
  ]);
  await checkGradients(graph, value, feeds, [output]);
});

test("penalties add l1 Σ|w| + l2 Σw² of the tensors they name to what is differentiated", async () => {
  const graph = emptyGraph<ForwardOp>();
  const [output, a, b, c] = ["output", "a", "b", "c"].map((name) =>
    addInput(graph, name, "float32", [3, 2]),
  );
  const { loss, targets } = appendLoss(graph, "mse", output!);
  const penalised = appendPenalties(
    graph,
    loss,
    [a!, b!, c!],
    [
      { tensors: ["a", "b"], l1: 0.5, l2: 0 },
      { tensors: ["c"], l1: 0.25, l2: 2 },
    ],
  );
  const { graph: whole, gradients } = differentiate(graph, penalised, [a!, b!, c!]);
  const session = await openSession(whole, [loss, penalised, ...gradients], { threads: 1 });
  const w = Float32Array.of(1, -2, 0.5, 0, -0.25, 4);
  const tensor = new Tensor("float32", w, [3, 2]);
  const results = await session.run(
    Object.fromEntries([output!, targets, a!, b!, c!].map(({ name }) => [name, tensor])),
  );
  await session.release();
  const numbers = (name: string) => Array.from(results[name]!.data as Float32Array);
  // Σ|w| = 7.75, Σw² = 21.3125; the loss of outputs that are their targets is 0.
  expect(numbers(loss.name)).toEqual([0]);
  expect(numbers(penalised.name)).toEqual([0.5 * 7.75 * 2 + 0.25 * 7.75 + 2 * 21.3125]);
  const signs = Array.from(w, Math.sign);
  for (const gradient of gradients.slice(0, 2))
    expect(numbers(gradient.name)).toEqual(signs.map((sign) => 0.5 * sign));
  expect(numbers(gradients[2]!.name)).toEqual(signs.map((sign, i) => 0.25 * sign + 2 * 2 * w[i]!));
});

test("a penalty for a tensor that is not there is refused", () => {
  const graph = emptyGraph<ForwardOp>();
  const loss = addInput(graph, "loss", "float32", []);
  const penalty = { tensors: ["gone"], l1: 1, l2: 0 };
  expect(() => appendPenalties(graph, loss, [], [penalty])).toThrow(/gone/);
});

test("of one logit, more than 0 says the second class, 0 itself the first", async () => {
  const { graph: forward, output, targets, loss } = lossOf("binary_cross_entropy", 1);
  const { graph } = differentiate(forward, loss, [output]);
  const correct = appendCorrect(graph, output, targets);
  const session = await openSession(graph, [correct], { threads: 1 });
  const count = async (logit: number, target: number) => {
    const results = await session.run({
      output: new Tensor("float32", Float32Array.of(logit), [1, 1]),
      targets: new Tensor("int32", Int32Array.of(target), [1]),
    });
    return results[correct.name]!.data[0];
  };
  expect([await count(0.1, 1), await count(0.1, 0)]).toEqual([1, 0]);
  expect([await count(-0.1, 1), await count(-0.1, 0)]).toEqual([0, 1]);
  expect([await count(0, 1), await count(0, 0)]).toEqual([0, 1]);
  await session.release();
});
