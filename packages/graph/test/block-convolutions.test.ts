import { Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { conv, convTranspose } from "../src/append-nodes.ts";
import { findBlock } from "../src/find-block.ts";
import {
  addInput,
  type ConvAttributes,
  emptyGraph,
  type ForwardOp,
  type Value,
} from "../src/graph.ts";
import { openSession } from "../src/open-session.ts";
import { spreadNumbers } from "./check-gradients.ts";
import { type Double, evaluateInDouble } from "./evaluate-in-double.ts";

const attributes = (kernel: [number, number], pads: number[], step = 1): ConvAttributes => ({
  kernel_shape: kernel,
  strides: [step, step],
  dilations: [1, 1],
  pads,
  group: 1,
});

/** Numbers of blocks of 16 and of 8, and of neither; an input of one channel, and of a few. */
describe.each([
  { channels: 1, filters: 16 },
  { channels: 3, filters: 32 },
  { channels: 16, filters: 48 },
  { channels: 32, filters: 16 },
  { channels: 12, filters: 20 },
])("$channels channels, $filters filters", ({ channels, filters }) => {
  test.each([
    attributes([3, 2], [1, 0, 1, 1]),
    attributes([5, 5], [2, 2, 2, 2]),
    attributes([2, 3], [0, 0, 0, 0], 2),
    attributes([1, 2], [2, 3, 0, 1]),
  ])("are those of doubles: %o", async (windows) => {
    const graph = emptyGraph<ForwardOp>();
    const x = addInput(graph, "x", "float32", ["rows", channels, 5, 4]);
    const back = addInput(graph, "back", "float32", ["rows", filters, 5, 4]);
    const w = addInput(graph, "w", "float32", [filters, channels, ...windows.kernel_shape]);
    const bias = addInput(graph, "bias", "float32", [filters]);
    const outputs = [
      conv(graph, x, w, windows, bias),
      convTranspose(graph, back, w, { ...windows, output_padding: [0, 0] }),
    ];
    const feeds = new Map<Value, Double>(
      graph.inputs.map((value, i) => {
        const shape = value.shape.map((length) => (length === "rows" ? 3 : length));
        return [value, spreadNumbers(shape, i + 1)];
      }),
    );
    const session = await openSession(graph, outputs, { threads: 1 });
    const results = await session.run(
      Object.fromEntries(
        Array.from(feeds, ([{ name }, { shape, data }]) => [
          name,
          new Tensor("float32", Float32Array.from(data), shape),
        ]),
      ),
    );
    await session.release();
    const expected = evaluateInDouble(graph, feeds);
    for (const output of outputs) {
      const { data, shape } = expected.get(output)!;
      const { data: actual, dims } = results[output.name]!;
      expect(dims).toEqual(shape);
      const scale = Math.max(...data.map(Math.abs));
      const worst = Math.max(...data.map((number, i) => Math.abs(number - Number(actual[i]))));
      expect(worst / scale).toBeLessThan(1e-6);
    }
  });
});

test("a block is a power of two, or there is none", async () => {
  expect([null, 4, 8, 16, 32]).toContain(await findBlock());
});
