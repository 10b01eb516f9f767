import { isOverClasses, type LayerShapes, type Loss } from "@descent/contracts";
import { appendCorrect, appendLoss } from "./append-loss.ts";
import { appendPenalties, type Penalty } from "./append-penalties.ts";
import { buildForward } from "./build-forward.ts";
import { differentiate } from "./differentiate.ts";
import { emptyGraph, type ForwardOp, type Graph, type Value } from "./graph.ts";
import type { TrainingExtras } from "./layers/append-layer.ts";

/** (input, targets, parameters, masks) -> (loss, correct, gradients, batch statistics). */
export interface TrainingGraph extends TrainingExtras {
  graph: Graph;
  input: Value;
  targets: Value;
  /** How many numbers the model gives per row: classes or predictions. */
  outputs: number;
  /** Of the data alone, without the penalties. */
  loss: Value;
  /** How many rows are classified right, float32; null where the loss is not for classes. */
  correct: Value | null;
  /** In the order of the layers' parameters. */
  gradients: Value[];
}

/** The model, its loss, and the derivative by every parameter of the loss with its penalties, in one graph. */
export function buildTrainingGraph(
  layers: readonly LayerShapes[],
  inputShape: readonly number[],
  loss: Loss,
  penalties: readonly Penalty[] = [],
): TrainingGraph {
  const forward = emptyGraph<ForwardOp>();
  const model = buildForward(forward, layers, inputShape, "training");
  const { input, output, parameters, masks, statistics } = model;
  const { targets, loss: lossValue } = appendLoss(forward, loss, output);
  const { graph, gradients } = differentiate(
    forward,
    appendPenalties(forward, lossValue, parameters, penalties),
    parameters,
  );
  const correct = isOverClasses(loss) ? appendCorrect(graph, output, targets) : null;
  return {
    graph,
    input,
    targets,
    outputs: Number(output.shape[1]),
    loss: lossValue,
    correct,
    gradients,
    masks,
    statistics,
  };
}
