import { InferenceSession, Tensor } from "onnxruntime-node";
import { encodeOnnx } from "./encode-onnx.ts";
import { addInput, emptyGraph, type Op, type Value } from "./graph.ts";

/**
 * How many channels this machine's direct convolutions take at once: 16 with AVX-512, 8 with AVX2, null
 * where onnxruntime has none (then it knows no such operator, and compiling it fails).
 */
export async function findBlock(): Promise<number | null> {
  const graph = emptyGraph<Op>();
  const input = addInput(graph, "x", "float32", [1, 4, 1, 1]);
  const output: Value = { name: "y", type: "float32", shape: ["rows", "rows", 1, 1] };
  const attributes = { channels_last: 0 } as const;
  graph.nodes.push({ op: "BlockInput", inputs: [input], outputs: [output], attributes });
  const session = await InferenceSession.create(encodeOnnx(graph, [output]), {
    logSeverityLevel: 4,
  }).catch(() => null);
  if (session === null) return null;
  const { y } = await session.run({ x: new Tensor("float32", new Float32Array(4), [1, 4, 1, 1]) });
  await session.release();
  return y!.dims[1]!;
}
