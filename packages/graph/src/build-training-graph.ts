import { isOverClasses, type Loss } from "@descent/contracts";
import { appendCorrect, appendLoss } from "./append-loss.ts";
import { identity } from "./append-nodes.ts";
import { appendPenalties, type Penalty } from "./append-penalties.ts";
import { differentiate } from "./differentiate.ts";
import { emptyGraph, type ForwardOp, type Graph, type Value } from "./graph.ts";
import type { Model, TrainingExtras } from "./model.ts";

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
  /** In the order of the model's parameters; no two are one value. */
  gradients: Value[];
  /** Those of the model's buffers that training reads. */
  buffers: Value[];
}

/** The model, its loss, and the derivative by every parameter of the loss with its penalties, in one graph. */
export function buildTrainingGraph(
  model: Model,
  loss: Loss,
  penalties: readonly Penalty[] = [],
): TrainingGraph {
  const forward = emptyGraph<ForwardOp>();
  const { input, output, parameters, buffers, masks, statistics } = model.append(
    forward,
    "training",
  );
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
    outputs: model.outputs,
    loss: lossValue,
    correct,
    gradients: apart(graph, gradients),
    buffers,
    masks,
    statistics,
  };
}

/** Two parameters may have one derivative, as the terms of a sum; but a run gives every output a name of its own. */
function apart(graph: Graph, gradients: readonly Value[]): Value[] {
  return gradients.map((gradient, index) =>
    gradients.indexOf(gradient) < index ? identity(graph, gradient) : gradient,
  );
}
