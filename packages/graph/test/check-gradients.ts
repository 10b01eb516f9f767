import { Tensor } from "onnxruntime-node";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { mersenne } from "pure-rand/generator/mersenne";
import { expect } from "vitest";
import { differentiate } from "../src/differentiate.ts";
import type { ForwardGraph, Value } from "../src/graph.ts";
import { openSession } from "../src/open-session.ts";
import { type Double, double, evaluateInDouble } from "./evaluate-in-double.ts";

/** Random numbers between -1 and 1 that float32 holds exactly. */
export function randomNumbers(seed: number): () => number {
  const random = mersenne(seed);
  return () => Math.fround(2 * uniformFloat64(random) - 1);
}

/**
 * A tensor whose numbers are all different, 0.05 apart and at least 0.005 from zero and from those of other
 * seeds (1, 2, 3): no kink of a maximum or relu is near.
 */
export function spreadNumbers(shape: number[], seed: number): Double {
  const random = randomNumbers(seed);
  const tensor = double(shape);
  const order = Array.from(tensor.data.keys())
    .map((i) => ({ i, key: random() }))
    .sort((a, b) => a.key - b.key);
  for (const [rank, { i }] of order.entries()) {
    const number = 0.05 * (rank - tensor.data.length / 2 + 0.1 + 0.1 * seed);
    tensor.data[i] = Math.fround(number);
  }
  return tensor;
}

/** Like spreadNumbers, from 0.5 on. */
export function positiveNumbers(shape: number[], seed: number): Double {
  const { data } = spreadNumbers(shape, seed);
  return {
    shape,
    data: data.map((number) => Math.fround(number + 0.05 * data.length * 0.5 + 0.5)),
  };
}

/**
 * The derivatives of the loss by onnxruntime in float32, against central differences of the loss in double
 * precision. With a step of 1e-5 the differences are right to about 1e-10, so that what is left is float32.
 */
export async function checkGradients(
  graph: ForwardGraph,
  loss: Value,
  feeds: ReadonlyMap<Value, Double>,
  wanted: readonly Value[],
  tolerance = 3e-6,
): Promise<void> {
  const differentiated = differentiate(graph, loss, wanted);
  const outputs = [loss, ...differentiated.gradients];
  const session = await openSession(differentiated.graph, outputs, { threads: 1 });
  const results = session.run(
    Object.fromEntries(Array.from(feeds, ([value, fed]) => [value.name, tensorOf(value, fed)])),
  );
  session.release();

  const lossAt = (at: ReadonlyMap<Value, Double>) =>
    evaluateInDouble(graph, at).get(loss)!.data[0]!;
  expect(results[loss.name]!.data[0]).toBeCloseTo(lossAt(feeds), 5);
  for (const [i, value] of wanted.entries()) {
    const gradient = results[differentiated.gradients[i]!.name]!;
    expect(gradient.dims, `shape of the derivative by ${value.name}`).toEqual(
      feeds.get(value)!.shape,
    );
    const actual = Array.from(gradient.data as Float32Array);
    const expected = centralDifferences(feeds, value, lossAt);
    expect(actual.length).toBe(expected.length);
    const scale = Math.max(...expected.map(Math.abs));
    expect(scale, `some derivative by ${value.name} is not zero`).toBeGreaterThan(1e-6);
    const worst = Math.max(...expected.map((number, k) => Math.abs(number - actual[k]!)));
    expect(worst / scale, `derivative by ${value.name}`).toBeLessThan(tolerance);
  }
}

function centralDifferences(
  feeds: ReadonlyMap<Value, Double>,
  value: Value,
  lossAt: (at: ReadonlyMap<Value, Double>) => number,
): number[] {
  const step = 1e-5;
  const { shape, data } = feeds.get(value)!;
  return Array.from(data, (_, i) => {
    const [above, below] = [step, -step].map((offset) => {
      const moved = data.slice();
      moved[i]! += offset;
      return lossAt(new Map(feeds).set(value, { shape, data: moved }));
    });
    return (above! - below!) / (2 * step);
  });
}

function tensorOf(value: Value, { shape, data }: Double): Tensor {
  return value.type === "int32"
    ? new Tensor("int32", Int32Array.from(data), shape)
    : new Tensor("float32", Float32Array.from(data), shape);
}
