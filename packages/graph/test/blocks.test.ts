import { Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import {
  conv,
  convTranspose,
  kernelDerivative,
  maxPool,
  mul,
  reduceSum,
} from "../src/append-nodes.ts";
import { differentiate } from "../src/differentiate.ts";
import { findBlock } from "../src/find-block.ts";
import {
  type AnyGraph,
  addInput,
  type ConvAttributes,
  emptyGraph,
  type ForwardOp,
  type Op,
  type Value,
} from "../src/graph.ts";
import { FILLING, openSession } from "../src/open-session.ts";
import { randomNumbers, spreadNumbers } from "./check-gradients.ts";
import { count, double, doubleAt, numberAt, places } from "./double/tensor.ts";
import { type Double, evaluateInDouble } from "./evaluate-in-double.ts";

const attributes = (kernel: [number, number], pads: number[], step = 1): ConvAttributes => ({
  kernel_shape: kernel,
  strides: [step, step],
  dilations: [1, 1],
  pads,
  group: 1,
});
const WINDOWS = [
  attributes([3, 2], [1, 0, 1, 1]),
  attributes([5, 5], [2, 2, 2, 2]),
  attributes([2, 3], [0, 0, 0, 0], 2),
  attributes([1, 2], [2, 3, 0, 1]),
];

/** Numbers of blocks of 16 and of 8, of neither, and of all but a part; an input of one channel, and of a few. */
describe.each([
  { channels: 1, filters: 16 },
  { channels: 3, filters: 32 },
  { channels: 16, filters: 48 },
  { channels: 32, filters: 16 },
  { channels: 12, filters: 20 },
  { channels: 24, filters: 8 },
  { channels: 5, filters: 7 },
])("$channels channels, $filters filters", ({ channels, filters }) => {
  test.each(WINDOWS)("there and back are those of doubles: %o", async (windows) => {
    const graph = emptyGraph<ForwardOp>();
    const x = addInput(graph, "x", "float32", ["rows", channels, 5, 4]);
    const back = addInput(graph, "back", "float32", ["rows", filters, 5, 4]);
    const w = addInput(graph, "w", "float32", [filters, channels, ...windows.kernel_shape]);
    const bias = addInput(graph, "bias", "float32", [filters]);
    const outputs = [
      conv(graph, x, w, windows, bias),
      convTranspose(graph, back, w, { ...windows, output_padding: [0, 0] }),
    ];
    const feeds = feed(graph, 3);
    const expected = evaluateInDouble(graph, feeds);
    const results = await run(graph, outputs, feeds, false);
    for (const [i, output] of outputs.entries()) expectEqual(results[i]!, expected.get(output)!);
  });

  test.each(WINDOWS)("the derivative by the weights is that of doubles: %o", async (windows) => {
    const forward = emptyGraph<ForwardOp>();
    const x = addInput(forward, "x", "float32", ["rows", channels, 6, 5]);
    const w = addInput(forward, "w", "float32", [filters, channels, ...windows.kernel_shape]);
    const y = conv(forward, x, w, windows);
    const graph = emptyGraph<Op>();
    graph.inputs.push(x);
    const dy = addInput(graph, "dy", "float32", y.shape);
    const dw = kernelDerivative(graph, x, dy, windows);
    const feeds = feed(graph, FILLING);
    const [result] = await run(graph, [dw], feeds, true);
    expectEqual(result!, weightSums(feeds.get(x)!, feeds.get(dy)!, w.shape.map(Number), windows));
  });
});

describe("max pools", () => {
  // Ties everywhere: PyTorch gives all of a window's derivative to the first of them in the order of its lines.
  test.each([
    { channels: 16, lengths: [6, 4] },
    { channels: 8, lengths: [4, 6] },
    { channels: 16, lengths: [7, 5] },
    { channels: 5, lengths: [4, 4] },
  ])("the first of equals takes all: $channels channels of $lengths", async (sample) => {
    const { channels, lengths } = sample;
    const forward = emptyGraph<ForwardOp>();
    const x = addInput(forward, "x", "float32", ["rows", channels, ...lengths]);
    const same = addInput(forward, "same", "float32", [channels, channels, 1, 1]);
    const image = conv(forward, x, same, attributes([1, 1], [0, 0, 0, 0]));
    const windows = { kernel_shape: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] };
    const y = maxPool(forward, image, windows);
    const weighting = addInput(forward, "weighting", "float32", y.shape);
    const loss = reduceSum(forward, mul(forward, y, weighting));
    const { graph, gradients } = differentiate(forward, loss, [x]);

    const random = randomNumbers(3);
    const rows = FILLING;
    const shape = (value: Value) => [rows, ...value.shape.slice(1).map(Number)];
    const feeds = new Map<Value, Double>([
      [x, double(shape(x), () => Math.round(random()))],
      [same, doubleAt([channels, channels, 1, 1], ([f, c]) => (f === c ? 1 : 0))],
      [weighting, double(shape(y), random)],
    ]);
    const expected = double(shape(x));
    for (const [i, place] of places(shape(y)).entries()) {
      const [n, c, row, column] = place as [number, number, number, number];
      const window = [0, 1, 2, 3].map((k) => [...[n, c, 2 * row + (k >> 1), 2 * column + (k & 1)]]);
      const numbers = window.map((at) => numberAt(feeds.get(x)!, at));
      const first = window[numbers.indexOf(Math.max(...numbers))]!;
      const flat = first.reduce((index, along, axis) => index * shape(x)[axis]! + along, 0);
      expected.data[flat] = feeds.get(weighting)!.data[i]!;
    }
    for (const rowsFill of [true, false]) {
      const [dx] = await run(graph, gradients, feeds, rowsFill);
      expectEqual(dx!, expected);
    }
  });
});

test("a block is a power of two, or there is none", async () => {
  expect([null, 4, 8, 16, 32]).toContain(await findBlock());
});

function feed(graph: AnyGraph, rows: number): Map<Value, Double> {
  return new Map(
    graph.inputs.map((value, i) => [
      value,
      spreadNumbers(
        value.shape.map((length) => (length === "rows" ? rows : length)),
        i + 1,
      ),
    ]),
  );
}

async function run(
  graph: AnyGraph,
  outputs: Value[],
  feeds: ReadonlyMap<Value, Double>,
  rowsFill: boolean,
): Promise<Tensor[]> {
  const session = await openSession(graph, outputs, { threads: 1, rowsFill });
  const results = await session.run(
    Object.fromEntries(
      Array.from(feeds, ([{ name }, { shape, data }]) => [
        name,
        new Tensor("float32", Float32Array.from(data), shape),
      ]),
    ),
  );
  await session.release();
  return outputs.map(({ name }) => results[name]!);
}

function expectEqual({ data: actual, dims }: Tensor, { data, shape }: Double): void {
  expect(dims).toEqual(shape);
  expect(actual.length).toBe(count(shape));
  const scale = Math.max(...data.map(Math.abs));
  const worst = Math.max(...data.map((number, i) => Math.abs(number - Number(actual[i]))));
  expect(worst / scale).toBeLessThan(2e-6);
}

/** dw[f,c,u] = Σ over rows and windows of dy[n,f,window] · x[n,c, where u lies in the window]. */
function weightSums(
  x: Double,
  dy: Double,
  shape: number[],
  { strides, pads }: ConvAttributes,
): Double {
  const windows = places(dy.shape.toSpliced(1, 1));
  const lengths = x.shape.slice(2);
  return doubleAt(shape, ([f, c, ...inside]) => {
    let sum = 0;
    for (const [n, ...window] of windows) {
      const at = inside.map((u, axis) => window[axis]! * strides[axis]! + u - pads[axis]!);
      if (at.some((along, axis) => along < 0 || along >= lengths[axis]!)) continue;
      sum += numberAt(dy, [n!, f!, ...window]) * numberAt(x, [n!, c!, ...at]);
    }
    return sum;
  });
}
