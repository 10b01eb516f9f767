import { env } from "onnxruntime-node";
import { layOutInBlocks } from "./blocks/lay-out-in-blocks.ts";
import { assignStages } from "./chunks/assign-stages.ts";
import { scanChunks } from "./chunks/scan-chunks.ts";
import { compileSession, type Session } from "./compile-session.ts";
import { encodeOnnx } from "./encode-onnx.ts";
import { expandCrossEntropy } from "./expand-cross-entropy.ts";
import { expandKernelDerivatives } from "./expand-kernel-derivatives.ts";
import { findBlock } from "./find-block.ts";
import type { AnyGraph, Node, Value } from "./graph.ts";

// Otherwise it warns on stderr about devices it looked for and did not find.
env.logLevel = "error";

/** So many rows, or a multiple, fill every machine's blocks (findBlock). */
export const FILLING = 16;

/**
 * Compiles a graph for running on this machine's processor.
 *
 * @param outputs the values to give back, under their own names
 * @param rowsFill whether every run has a multiple of FILLING rows
 * @param threads threads inside one operator; they sleep between operators instead of spinning, since
 *   other trainers want the cores
 * @throws Error of onnxruntime when the graph is not valid ONNX
 */
export async function openSession(
  graph: AnyGraph,
  outputs: readonly Value[],
  {
    threads,
    rowsFill = false,
    profileTo,
  }: { threads: number; rowsFill?: boolean; profileTo?: string },
): Promise<Session> {
  const block = hasConvolutions(graph) ? await findBlock() : null;
  const expanded = expandCrossEntropy(graph);
  const stages = rowsFill ? assignStages(expanded) : null;
  // Channels of zeros are worth it where nothing has to be taken out of its blocks in between.
  const laidOut = layOutInBlocks(expanded, outputs, block, { rowsFill, zeros: stages !== null });
  const chunked = stages === null ? null : scanChunks(laidOut, stages, outputs, FILLING);
  const fitted = expandKernelDerivatives(chunked ?? laidOut.graph);
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

/** Whether a graph may run faster on blocks. */
export function hasConvolutions(graph: AnyGraph): boolean {
  const nodes: readonly Node[] = graph.nodes;
  return nodes.some(({ op }) => ["Conv", "ConvTranspose", "KernelDerivative"].includes(op));
}
