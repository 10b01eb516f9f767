import { elements, isOverClasses, type Loss } from "@descent/contracts";
import { Tensor } from "onnxruntime-node";
import type { Penalty } from "./append-penalties.ts";
import { buildTrainingGraph } from "./build-training-graph.ts";
import { createIndexCheck } from "./check-indices.ts";
import { createForwardPass } from "./create-forward-pass.ts";
import { createMaskFills } from "./fill-masks.ts";
import { joinFeeds } from "./join-feeds.ts";
import { joinFetches } from "./join-fetches.ts";
import type { Model } from "./model.ts";
import { openTrainingSession } from "./open-training-session.ts";
import { type PlacedBuffer, type PlacedTensor, placeTensors } from "./place-tensors.ts";
import { createRunningStatistics } from "./running-statistics.ts";

export interface TrainingStepOptions {
  model: Model;
  loss: Loss;
  /** What the size of the parameters adds to what is minimised; the loss that a step gives is without it. */
  penalties?: readonly Penalty[];
  /** Where onnxruntime reads the parameters, laid out as placeTensors says. */
  weights: Float32Array;
  /** Where onnxruntime writes the gradients, laid out alike. */
  gradients: Float32Array;
  /** Decides what dropout drops: an unsigned 32-bit integer. */
  seed: number;
  threads?: number;
  /** Where onnxruntime writes its profile of the step (a path without its ending), for the bench. */
  profileTo?: string;
}

export interface TrainingStep {
  tensors: PlacedTensor[];
  /** The running statistics and frozen tensors, where `forward` reads them and every step moves them. */
  buffers: { tensors: PlacedBuffer[]; values: Float32Array };
  /**
   * Forward and backward over one batch: fills `gradients` with the derivative of the mean loss.
   *
   * @param inputs rows x the product of inputShape; more is ignored
   * @param targets class indices [rows] for a loss over classes, else numbers [rows x outputs]; more is ignored
   * @returns the mean loss, and for a loss over classes how many rows it puts into their class
   * @throws Error when inputs or targets are too short, RangeError when an index is not a class, or an input
   *   of an embedding not in its vocabulary
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
  const { model, weights, gradients, threads = 1, profileTo } = options;
  const { inputShape } = model;
  const { tensors, length } = placeTensors(model.parameters);
  const buffers = placeTensors(model.buffers);
  if (weights.length < length || gradients.length < length)
    throw new RangeError(`the model needs ${length} weights and gradients`);

  const built = buildTrainingGraph(model, options.loss, options.penalties);
  const { graph, input, targets, outputs, loss, correct } = built;
  const { masks, statistics } = built;
  const part = (array: Float32Array, { offset, length }: PlacedTensor | PlacedBuffer) =>
    array.subarray(offset, offset + length);
  const view = (array: Float32Array, placed: PlacedTensor | PlacedBuffer) =>
    new Tensor("float32", part(array, placed), placed.shape);
  const parameterFeeds = Object.fromEntries(tensors.map((t) => [t.name, view(weights, t)]));
  const values = new Float32Array(buffers.length);
  fillBuffers(values, buffers.tensors, model.stored);
  const running = createRunningStatistics(model, statistics, buffers.tensors, values);
  const fills = createMaskFills(
    masks.map(({ rate }) => rate),
    options.seed,
  );
  const maskTensors = masks.map(({ value }) => growingTensor(value.shape.slice(1).map(Number)));
  const checkIndices = createIndexCheck(model);
  const lossValue = new Float32Array(1);
  const correctCount = new Float32Array(1);
  const fetches = joinFetches(graph, [
    { value: loss, into: lossValue },
    ...(correct === null ? [] : [{ value: correct, into: correctCount }]),
    ...built.gradients.map((value, i) => ({ value, into: part(gradients, tensors[i]!) })),
    ...running.fetches,
  ]);
  const joined = joinFeeds(graph, tensors, weights);
  const session = await openTrainingSession(joined.graph, fetches.outputs, {
    threads,
    ...(profileTo === undefined ? {} : { profileTo }),
  });
  const sampleLength = elements(inputShape);
  const targetShape = targets.shape.slice(1).map(Number);
  const targetLength = elements(targetShape);

  const bufferFeeds = Object.fromEntries(buffers.tensors.map((b) => [b.name, view(values, b)]));
  const feeds = { ...joined.feeds };
  for (const { name } of built.buffers) feeds[name] = bufferFeeds[name]!;
  const forwardPass = createForwardPass({
    model,
    feeds: { ...parameterFeeds, ...bufferFeeds },
    threads,
  });
  return {
    tensors,
    buffers: { tensors: buffers.tensors, values },
    async step(inputs, targetNumbers, rows) {
      const samples = inputs.subarray(0, rows * sampleLength);
      const batch = targetNumbers.subarray(0, rows * targetLength);
      if (isOverClasses(options.loss)) checkClasses(batch, Math.max(outputs, 2));
      checkIndices(samples);
      for (const [i, { value }] of masks.entries()) {
        const mask = maskTensors[i]!(rows);
        fills[i]!(mask.data);
        feeds[value.name] = mask.tensor;
      }
      feeds[input.name] = new Tensor("float32", samples, [rows, ...inputShape]);
      feeds[targets.name] = new Tensor(batch, [rows, ...targetShape]);
      await session.run(rows, feeds, fetches.tensors);
      fetches.spread();
      running.move(rows);
      return { loss: lossValue[0]!, correct: correct === null ? null : correctCount[0]! };
    },
    async forward(inputs, rows) {
      checkIndices(inputs.subarray(0, rows * sampleLength));
      return forwardPass.forward(inputs, rows);
    },
    async release() {
      await session.release();
      await forwardPass.release();
    },
  };
}

function fillBuffers(
  values: Float32Array,
  buffers: readonly PlacedBuffer[],
  stored: Model["stored"],
): void {
  for (const { name, offset, length, initial } of buffers)
    if (initial === "stored") values.set(stored.get(name)!, offset);
    else values.fill(initial, offset, offset + length);
}

/** onnxruntime would take -1 for the last class. */
function checkClasses(targets: Int32Array | Float32Array, classes: number): void {
  const row = targets.findIndex((target) => !(target >= 0 && target < classes));
  if (row >= 0)
    throw new RangeError(
      `the target of row ${row} is ${targets[row]}, not one of ${classes} classes`,
    );
}

/** One buffer for a tensor [rows, ...shape] of as many rows as a run has. */
function growingTensor(shape: readonly number[]) {
  const perRow = elements(shape);
  let buffer = new Float32Array(0);
  return (rows: number) => {
    if (buffer.length < rows * perRow) buffer = new Float32Array(rows * perRow);
    const data = buffer.subarray(0, rows * perRow);
    return { data, tensor: new Tensor("float32", data, [rows, ...shape]) };
  };
}
