import { setImmediate } from "node:timers/promises";
import { elements } from "@descent/contracts";
import { Tensor } from "onnxruntime-node";
import type { Session } from "./compile-session.ts";
import { emptyGraph, type ForwardOp } from "./graph.ts";
import type { Model } from "./model.ts";
import { openSession } from "./open-session.ts";

/** How many numbers all operators together may give out at once: 16 MiB of float32. */
const NUMBERS_AT_ONCE = 2 ** 22;

/**
 * The model without loss and derivatives, for evaluation. It is compiled when it is first used. Many rows go
 * through in chunks, so that memory stays bounded.
 *
 * @param feeds the parameters and buffers by name, in the memory they live in
 */
export function createForwardPass({
  model,
  feeds,
  threads,
}: {
  model: Model;
  feeds: Record<string, Tensor>;
  threads: number;
}): {
  forward(inputs: Float32Array, rows: number): Promise<Float32Array>;
  release(): Promise<void>;
} {
  const { inputShape, outputs } = model;
  const sampleLength = elements(inputShape);
  const chunk = Math.max(1, Math.floor(NUMBERS_AT_ONCE / model.numbersPerRow));
  const graph = emptyGraph<ForwardOp>();
  const { input, output } = model.append(graph, "inference");
  let opened: Promise<Session> | null = null;

  return {
    async forward(inputs, rows) {
      opened ??= openSession(graph, [output], { threads });
      const session = await opened;
      const result = new Float32Array(rows * outputs);
      for (let start = 0; start < rows; start += chunk) {
        const end = Math.min(start + chunk, rows);
        const samples = inputs.subarray(start * sampleLength, end * sampleLength);
        const part = result.subarray(start * outputs, end * outputs);
        session.run(
          {
            ...feeds,
            [input.name]: new Tensor("float32", samples, [end - start, ...inputShape]),
          },
          { [output.name]: new Tensor("float32", part, [end - start, outputs]) },
        );
        // Others get a turn: that a connection was lost is to be noticed.
        await setImmediate();
      }
      return result;
    },
    async release() {
      // Whoever ran what could not be compiled was told, and has nothing to release.
      await opened?.then(
        (session) => session.release(),
        () => {},
      );
    },
  };
}
