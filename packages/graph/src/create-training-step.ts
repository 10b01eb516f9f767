import { elements, type LayerShapes, type Loss } from "@descent/contracts";
import { Tensor } from "onnxruntime-node";
import { buildTrainingGraph } from "./build-training-graph.ts";
import { createForwardPass } from "./create-forward-pass.ts";
import { openSession } from "./open-session.ts";
import { type PlacedTensor, placeTensors } from "./place-tensors.ts";

export interface TrainingStepOptions {
  /** What contracts' followShapes accepted. */
  layers: readonly LayerShapes[];
  /** The shape of one sample. */
  inputShape: readonly number[];
  loss: Loss;
  /** Where onnxruntime reads the parameters, laid out as placeTensors says. */
  weights: Float32Array;
  /** Where onnxruntime writes the gradients, laid out alike. */
  gradients: Float32Array;
  threads?: number;
  /** Where onnxruntime writes its profile of the step (a path without its ending), for the bench. */
  profileTo?: string;
}

export interface TrainingStep {
  tensors: PlacedTensor[];
  /**
   * Forward and backward over one batch: fills `gradients` with the derivative of the mean loss.
   *
   * @param inputs rows x the product of inputShape; more is ignored
   * @param targets class indices [rows] for cross_entropy, numbers [rows x outputs] for mse; more is ignored
   * @returns the mean loss, and for cross_entropy how many rows have their largest logit at the target
   * @throws Error when inputs or targets are too short, RangeError when an index is not a class
   */
  step(
    inputs: Float32Array,
    targets: Int32Array | Float32Array,
    rows: number,
  ): Promise<{ loss: number; correct: number | null }>;
  /** The model's raw outputs [rows x outputs], logits or predictions. Any number of rows. */
  forward(inputs: Float32Array, rows: number): Promise<Float32Array>;
  /** Gives the memory of the sessions back. */
  release(): Promise<void>;
}

/**
 * Compiles a model into its training step. The parameters stay where they are: every step reads `weights`
 * and writes `gradients` in place.
 *
 * @throws RangeError when weights or gradients are too short for the model
 */
export async function createTrainingStep(options: TrainingStepOptions): Promise<TrainingStep> {
  const { layers, inputShape, weights, gradients, threads = 1, profileTo } = options;
  const { tensors, length } = placeTensors(layers);
  if (weights.length < length || gradients.length < length)
    throw new RangeError(`the model needs ${length} weights and gradients`);

  const built = buildTrainingGraph(layers, inputShape, options.loss);
  const { graph, input, targets, outputs, loss, correct } = built;
  const fetched = [loss, ...(correct === null ? [] : [correct]), ...built.gradients];
  const session = await openSession(graph, fetched, {
    threads,
    ...(profileTo === undefined ? {} : { profileTo }),
  });

  const view = (array: Float32Array, { offset, length, shape }: PlacedTensor) =>
    new Tensor("float32", array.subarray(offset, offset + length), shape);
  const parameterFeeds = Object.fromEntries(tensors.map((t) => [t.name, view(weights, t)]));
  const lossValue = new Float32Array(1);
  const correctCount = new Float32Array(1);
  const fetches: Record<string, Tensor> = {
    [loss.name]: new Tensor("float32", lossValue, []),
    ...Object.fromEntries(built.gradients.map((g, i) => [g.name, view(gradients, tensors[i]!)])),
  };
  if (correct !== null) fetches[correct.name] = new Tensor("float32", correctCount, []);
  const sampleLength = elements(inputShape);
  const targetShape = targets.shape.slice(1).map(Number);
  const targetLength = elements(targetShape);

  const forwardPass = createForwardPass({ layers, inputShape, parameterFeeds, threads });
  return {
    tensors,
    async step(inputs, targetNumbers, rows) {
      const samples = inputs.subarray(0, rows * sampleLength);
      const batch = targetNumbers.subarray(0, rows * targetLength);
      if (options.loss === "cross_entropy") checkClasses(batch, outputs);
      const feeds = {
        ...parameterFeeds,
        [input.name]: new Tensor("float32", samples, [rows, ...inputShape]),
        [targets.name]: new Tensor(batch, [rows, ...targetShape]),
      };
      await session.run(feeds, fetches);
      return { loss: lossValue[0]!, correct: correct === null ? null : correctCount[0]! };
    },
    forward: forwardPass.forward,
    async release() {
      await session.release();
      await forwardPass.release();
    },
  };
}

/** onnxruntime would take -1 for the last class. */
function checkClasses(targets: Int32Array | Float32Array, classes: number): void {
  for (const [row, target] of targets.entries())
    if (!(target >= 0 && target < classes))
      throw new RangeError(`the target of row ${row} is ${target}, not one of ${classes} classes`);
}
