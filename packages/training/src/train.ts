import {
  type EpochRecord,
  METRICS,
  type Metric,
  type Outcome,
  type ResolvedJob,
} from "@descent/contracts";
import { prepareData, seededOrder, type Table } from "@descent/datasets";
import { createTrainingStep, initialiseWeights, placeTensors } from "@descent/graph";
import { createSchedule } from "@descent/optimizers";
import { buildJobOptimizer } from "./build-job-optimizer.ts";
import { buildModel } from "./build-model.ts";
import { describeEngine } from "./describe-engine.ts";
import { exportTrained } from "./export-trained.ts";
import { gatherBatch } from "./gather-batch.ts";
import { unitOfLoss } from "./measure-numbers.ts";
import { measureValidation } from "./measure-validation.ts";
import { refuseStrangeIndices } from "./refuse-strange-indices.ts";
import { ResultHash, type TrainedJob } from "./result-hash.ts";

/** Longest stretch of work before the event loop gets a turn, so that a lost connection is noticed. */
const TURN_MS = 20;

/**
 * Trains one job: a stream of epochs, then how it ended. The same job on the same data gives the same bits.
 *
 * `train_loss` and `train_accuracy` are means over the epoch's batches, weighted by their rows, measured
 * while the weights move; the last batch of an epoch may be smaller and is trained too. (With class
 * weights a batch's loss is a weighted mean; over batches it is by their rows all the same.) All losses are in
 * the target's own unit, and without the penalties on the weights (as PyTorch's losses are without its
 * weight_decay), so that jobs of different penalties compare. `lr` is the rate of the epoch's last step,
 * `grad_norm` the mean over its steps, each with the penalties and before clipping.
 *
 * @param id of the job, for the model's file
 * @param upload the ONNX file of the uploaded model that the job trains
 * @throws the signal's reason when it aborts; CorruptTable when the data hold what the model cannot take
 */
export async function* train(
  {
    id,
    job,
    table,
    upload = null,
  }: { id: string; job: ResolvedJob; table: Table; upload?: Uint8Array | null },
  signal?: AbortSignal,
): AsyncGenerator<EpochRecord, TrainedJob> {
  // Data, model and optimizer.
  const data = prepareData(table, job.dataset, job.loss);
  const { training, validation } = data;
  const model = buildModel(job, data, upload);
  refuseStrangeIndices(model, data, job.dataset.id);
  const { tensors, length } = placeTensors(model.parameters);
  const optimizer = buildJobOptimizer(job, tensors, length);
  const { weights, gradients } = optimizer;
  initialiseWeights(weights, tensors, job.seed, model.stored);
  await using steps = await opened({
    model,
    loss: job.loss,
    penalties: job.penalty,
    weights,
    gradients,
    seed: job.seed,
    threads: job.threads,
  });

  // A step takes `accumulate` batches, an epoch's last one what is left.
  const batchSize = Math.min(job.batch_size, training.rows);
  const { accumulate } = job.optimizer;
  const batches = Math.ceil(training.rows / batchSize);
  const schedule = createSchedule(job.optimizer.schedule, Math.ceil(batches / accumulate));
  const lr = Number(job.optimizer.lr);

  // One batch's buffers, reused by every step.
  const width = training.inputs.length / training.rows;
  const inputs = new Float32Array(batchSize * width);
  const targets =
    training.targets instanceof Int32Array
      ? new Int32Array(batchSize)
      : new Float32Array(batchSize);

  // From the scaled target's loss to the target's own.
  const unit = unitOfLoss(job.loss, data.targetScale.std);
  const hash = new ResultHash();
  let best = Number.POSITIVE_INFINITY;
  let bestEpoch = 0;
  let turn = performance.now();

  for (let epoch = 1; ; epoch++) {
    // Train on every batch, in this epoch's order.
    const started = performance.now();
    const order = seededOrder(training.rows, job.seed, epoch);
    let [loss, correct, norm, taken, factor] = [0, 0, 0, 0, 1];
    for (let batch = 0; batch < batches; batch++) {
      const first = batch * batchSize;
      const rows = Math.min(batchSize, training.rows - first);
      gatherBatch(training, order.subarray(first, first + rows), width, inputs, targets);
      const step = await steps.step(
        inputs.subarray(0, rows * width),
        targets.subarray(0, rows),
        rows,
      );
      loss += step.loss * rows;
      correct += step.correct ?? 0;
      const isComplete = (batch + 1) % accumulate === 0 || batch + 1 === batches;
      if (accumulate > 1) optimizer.addBatch(rows);
      if (isComplete) {
        if (accumulate > 1) optimizer.averageBatches();
        const ofStep = optimizer.gradientNorm();
        norm += ofStep;
        factor = schedule.factor(optimizer.stepsTaken);
        optimizer.step(factor, ofStep);
        taken += 1;
      }
      if (performance.now() - turn > TURN_MS) {
        await new Promise((resolve) => setImmediate(resolve));
        signal?.throwIfAborted();
        turn = performance.now();
      }
    }

    // Measure on the validation part, which took no part in training, with the averaged weights if any
    // (and with running statistics that are averages already).
    const train_loss = (loss / training.rows) * unit;
    const outputs = await withWeights(weights, optimizer.averaged, () =>
      steps.forward(validation.inputs, validation.rows),
    );
    const measured = measureValidation(outputs, validation, data, job.loss);
    const hits = Number.isNaN(train_loss) ? Number.NaN : correct / training.rows;
    const accuracy = data.classes ? { train_accuracy: hits } : {};
    const metrics: Partial<Record<Metric, number>> = { train_loss, ...accuracy, ...measured };
    const seconds = (performance.now() - started) / 1000;
    const reproducible = { ...metrics, lr: lr * factor, grad_norm: norm / taken };
    hash.addEpoch(epoch, reproducible);
    yield {
      epoch,
      values: { ...reproducible, seconds, samples_per_second: training.rows / seconds },
    };

    // Stop early: diverged, target reached, or no progress for `patience` epochs.
    const { target, patience } = job.stop;
    const end = (outcome: Outcome): TrainedJob => {
      const { averaged } = optimizer;
      const result = hash.result(
        outcome,
        { tensors, values: averaged },
        steps.buffers,
        describeEngine(),
      );
      const file =
        outcome === "diverged"
          ? null
          : exportTrained({ id, job }, data, model, averaged, steps.buffers.values);
      return { ...result, model: file };
    };
    if (!Number.isFinite(train_loss) || !optimizer.weightsAreFinite()) return end("diverged");
    if (target && reaches(metrics[target.metric], target)) return end("target_reached");
    if (measured.val_loss < best) [best, bestEpoch] = [measured.val_loss, epoch];
    if (patience && epoch - bestEpoch >= patience) return end("early_stopped");
    if (epoch === job.epochs) return end("completed");
    schedule.endEpoch(metrics);
    signal?.throwIfAborted();
  }
}

function reaches(value: number | undefined, target: { metric: Metric; value: number }): boolean {
  if (value === undefined) return false;
  return METRICS[target.metric] === "minimize" ? value <= target.value : value >= target.value;
}

/** Runs `use` while other values stand where the model reads its weights. */
async function withWeights<T>(
  weights: Float32Array,
  others: Float32Array,
  use: () => Promise<T>,
): Promise<T> {
  if (others === weights) return use();
  const own = weights.slice();
  weights.set(others);
  try {
    return await use();
  } finally {
    weights.set(own);
  }
}

/** The model's sessions, released when the loop is left, however it is left. */
async function opened(options: Parameters<typeof createTrainingStep>[0]) {
  const step = await createTrainingStep(options);
  return { ...step, [Symbol.asyncDispose]: () => step.release() };
}
