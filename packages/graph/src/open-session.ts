import { env } from "onnxruntime-node";
import { blockConvolutions, hasBlockable } from "./block-convolutions.ts";
import { compileSession, type Session } from "./compile-session.ts";
import { encodeOnnx } from "./encode-onnx.ts";
import { expandCrossEntropy } from "./expand-cross-entropy.ts";
import { findBlock } from "./find-block.ts";
import type { AnyGraph, Value } from "./graph.ts";

// Otherwise it warns on stderr about devices it looked for and did not find.
env.logLevel = "error";

/**
 * Compiles a graph for running on this machine's processor.
 *
 * @param outputs the values to give back, under their own names
 * @param threads threads inside one operator; they sleep between operators instead of spinning, since
 *   other trainers want the cores
 * @throws Error of onnxruntime when the graph is not valid ONNX
 */
export async function openSession(
  graph: AnyGraph,
  outputs: readonly Value[],
  { threads, profileTo }: { threads: number; profileTo?: string },
): Promise<Session> {
  const block = hasBlockable(graph) ? await findBlock() : null;
  const expanded = expandCrossEntropy(graph);
  const fitted = block === null ? expanded : blockConvolutions(expanded, block);
  return compileSession(encodeOnnx(fitted, outputs), {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    enableMemPattern: true,
    enableCpuMemArena: true,
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: "0" } } },
    ...(profileTo === undefined ? {} : { enableProfiling: true, profileFilePrefix: profileTo }),
  });
}
