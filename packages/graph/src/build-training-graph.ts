import type { LayerShapes, Loss } from "@descent/contracts";
import { appendCorrect, appendLoss } from "./append-loss.ts";
import { buildForward } from "./build-forward.ts";
import { differentiate } from "./differentiate.ts";
import { emptyGraph, type ForwardOp, type Graph, type Value } from "./graph.ts";

/** (input, targets, parameters) -> (loss, correct, gradients). */
export interface TrainingGraph {
  graph: Graph;
  input: Value;
  targets: Value;
  /** How many numbers the model gives per row: classes or predictions. */
  outputs: number;
  loss: Value;
  /** How many rows are classified right, float32; null where the loss is not for classes. */
  correct: Value | null;
  /** In the order of the layers' parameters. */
  gradients: Value[];
}

/** The model, its loss, and the loss's derivative by every parameter, in one graph. */
export function buildTrainingGraph(
  layers: readonly LayerShapes[],
  inputShape: readonly number[],
  loss: Loss,
): TrainingGraph {
  const forward = emptyGraph<ForwardOp>();
  const { input, output, parameters } = buildForward(forward, layers, inputShape);
  const { targets, loss: lossValue } = appendLoss(forward, loss, output);
  const { graph, gradients } = differentiate(forward, lossValue, parameters);
  const correct = loss === "cross_entropy" ? appendCorrect(graph, output, targets) : null;
  return {
    graph,
    input,
    targets,
    outputs: Number(output.shape[1]),
    loss: lossValue,
    correct,
    gradients,
  };
}
