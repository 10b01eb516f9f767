import {
  type EpochRecord,
  followShapes,
  METRICS,
  type Metric,
  type ResolvedJob,
} from "@descent/contracts";
import { prepareData, seededOrder, type Table } from "@descent/datasets";
import { createTrainingStep, initialiseWeights, placeTensors } from "@descent/graph";
import { createOptimizer } from "@descent/optimizers";
import { describeEngine } from "./describe-engine.ts";
import { gatherBatch } from "./gather-batch.ts";
import { measureValidation } from "./measure-validation.ts";
import { ResultHash, type TrainingResult } from "./result-hash.ts";

/** Longest stretch of work before the event loop gets a turn, so that a lost connection is noticed. */
const TURN_MS = 20;

/**
 * Trains one job: a stream of epochs, then how it ended. The same job on the same data gives the same bits.
 *
 * `train_loss` and `train_accuracy` are means over the epoch's batches, weighted by their rows, measured
 * while the weights move; the last batch of an epoch may be smaller and is trained too. All losses are in
 * the target's own unit.
 *
 * @param threads for onnxruntime
 * @throws the signal's reason when it aborts
 */
export async function* train(
  { job, table, threads }: { job: ResolvedJob; table: Table; threads: number },
  signal?: AbortSignal,
): AsyncGenerator<EpochRecord, TrainingResult> {
  // Data, model and optimizer.
  const data = prepareData(table, job.dataset, job.loss);
  const { training, validation } = data;
  const shapes = followShapes(job.model.layers, data.inputShape, data.outputs);
  if (shapes.faults) throw new Error(`the model does not fit: ${JSON.stringify(shapes.faults)}`);
  const { tensors, length } = placeTensors(shapes.layers);
  const { rule, convention, precision: _, ...hypers } = job.optimizer;
  const numbers = hypers as Record<string, number | boolean>;
  const optimizer = createOptimizer({ rule, convention, hypers: numbers }, length);
  const { weights, gradients } = optimizer;
  initialiseWeights(weights, tensors, job.model.initialisation, job.seed);
  await using model = await opened({
    layers: shapes.layers,
    inputShape: data.inputShape,
    loss: job.loss,
    weights,
    gradients,
    threads,
  });

  // One batch's buffers, reused by every step.
  const batchSize = Math.min(job.batch_size, training.rows);
  const width = training.inputs.length / training.rows;
  const inputs = new Float32Array(batchSize * width);
  const targets =
    training.targets instanceof Int32Array
      ? new Int32Array(batchSize)
      : new Float32Array(batchSize);

  const unit = data.targetScale.std ** 2; // from the scaled target's loss to the target's own
  const hash = new ResultHash();
  let best = Number.POSITIVE_INFINITY;
  let bestEpoch = 0;
  let turn = performance.now();

  for (let epoch = 1; epoch <= job.epochs; epoch++) {
    // Train on every batch, in this epoch's order.
    const started = performance.now();
    const order = seededOrder(training.rows, job.seed, epoch);
    let [loss, correct, norm, steps] = [0, 0, 0, 0];
    for (let first = 0; first < training.rows; first += batchSize) {
      const rows = Math.min(batchSize, training.rows - first);
      gatherBatch(training, order.subarray(first, first + rows), width, inputs, targets);
      const step = await model.step(
        inputs.subarray(0, rows * width),
        targets.subarray(0, rows),
        rows,
      );
      loss += step.loss * rows;
      correct += step.correct ?? 0;
      norm += optimizer.gradientNorm();
      steps += 1;
      optimizer.step();
      if (performance.now() - turn > TURN_MS) {
        await new Promise((resolve) => setImmediate(resolve));
        signal?.throwIfAborted();
        turn = performance.now();
      }
    }

    // Measure on the validation part, which took no part in training.
    const train_loss = (loss / training.rows) * unit;
    const outputs = await model.forward(validation.inputs, validation.rows);
    const measured = measureValidation(outputs, validation, data);
    const accuracy = data.classes ? { train_accuracy: correct / training.rows } : {};
    const metrics: Partial<Record<Metric, number>> = { train_loss, ...accuracy, ...measured };
    const seconds = (performance.now() - started) / 1000;
    const lr = Number(hypers.lr);
    const reproducible = { ...metrics, lr, grad_norm: norm / steps };
    hash.addEpoch(epoch, reproducible);
    yield {
      epoch,
      values: { ...reproducible, seconds, samples_per_second: training.rows / seconds },
    };

    // Stop early: diverged, target reached, or no progress for `patience` epochs.
    const { target, patience } = job.stop;
    if (!Number.isFinite(train_loss) || weights.some((weight) => !Number.isFinite(weight)))
      return hash.result("diverged", weights, tensors, describeEngine());
    if (target && reaches(metrics[target.metric], target))
      return hash.result("target_reached", weights, tensors, describeEngine());
    if (measured.val_loss < best) [best, bestEpoch] = [measured.val_loss, epoch];
    if (patience && epoch - bestEpoch >= patience)
      return hash.result("early_stopped", weights, tensors, describeEngine());
    signal?.throwIfAborted();
  }
  return hash.result("completed", weights, tensors, describeEngine());
}

function reaches(value: number | undefined, target: { metric: Metric; value: number }): boolean {
  if (value === undefined) return false;
  return METRICS[target.metric] === "minimize" ? value <= target.value : value >= target.value;
}

/** The model's sessions, released when the loop is left, however it is left. */
async function opened(options: Parameters<typeof createTrainingStep>[0]) {
  const step = await createTrainingStep(options);
  return { ...step, [Symbol.asyncDispose]: () => step.release() };
}
