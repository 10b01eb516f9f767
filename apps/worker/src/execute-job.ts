import { rm } from "node:fs/promises";
import type { EpochRecord, JobError, ResolvedJob } from "@descent/contracts";
import {
  type Claim,
  type ClaimedJob,
  cancelJob,
  claimJob,
  type Database,
  failJob,
  finishJob,
  recordEpochs,
  releaseJob,
} from "@descent/db";
import type { Queue } from "@descent/queue";
import { BlobMissing, type Storage } from "@descent/storage";
import type { Logger } from "pino";
import { CancelRequested, holdLease, LeaseLost, type Running, WorkerStopping } from "./lease.ts";
import type { FailureCode, Trained } from "./messages.ts";
import { persist } from "./persist.ts";
import { TrainerDied, type Trainers, TrainingFailed } from "./trainers.ts";

export interface Deps {
  db: Database;
  queue: Queue;
  storage: Storage;
  trainers: Trainers;
  log: Logger;
  workerId: string;
  leaseSeconds: number;
  running: Set<Running>;
}

/** A job is given up when its trainer or its worker was lost this often. */
export const MAX_LOSSES = 3;

/** Takes one delivery: claims the job, trains it, records its epochs, settles it exactly once. */
export async function executeJob(deps: Deps, jobId: string): Promise<void> {
  const { db, storage, trainers, log, workerId, leaseSeconds } = deps;
  const controller = new AbortController();
  const { signal } = controller;
  const here = { jobId, controller };
  deps.running.add(here); // before the claim: a stop or a cancel that comes during it must not be missed
  try {
    const job = await claimJob(db, jobId, { workerId, leaseSeconds });
    if (!job) return log.info({ jobId }, "not claimable: duplicate delivery or already ended");
    log.info({ jobId, attempt: job.attempt }, "running");

    using _lease = holdLease(deps, job, controller);
    const modelPath = storage.temporaryPath();
    try {
      const { id, resolved } = job;
      const tablePath = await storage.path(job.tableSha256);
      const uploadPath = await uploadPathOf(storage, resolved);
      const request = { id, job: resolved, tablePath, uploadPath, modelPath };
      const { has_model, ...result } = await record(
        db,
        job,
        trainers.train(request, signal),
        signal,
      );
      const model_sha256 = has_model ? (await storage.putFile(modelPath)).sha256 : null;
      const settled = await persist(() => finishJob(db, job, { ...result, model_sha256 }), signal);
      log.info({ jobId, attempt: job.attempt, outcome: result.outcome, settled }, "finished");
    } catch (error) {
      await settle(deps, job, signal.aborted ? signal.reason : error);
    } finally {
      await rm(modelPath, { force: true });
    }
  } finally {
    deps.running.delete(here);
  }
}

/** @throws TrainingFailed where the uploaded model is gone */
async function uploadPathOf(storage: Storage, { model }: ResolvedJob): Promise<string | null> {
  if (!("sha256" in model)) return null;
  return storage.path(model.sha256).catch((error: unknown) => {
    if (!(error instanceof BlobMissing)) throw error;
    throw new TrainingFailed(error.message, "model_unreadable");
  });
}

/** Writes epochs as they come; those that come while a write is under way go together into the next. */
async function record(
  db: Database,
  claim: Claim,
  epochs: AsyncGenerator<EpochRecord, Trained>,
  signal: AbortSignal,
): Promise<Trained> {
  let waiting: EpochRecord[] = [];
  let writing = Promise.resolve();
  let busy = false;
  let failure: { error: unknown } | null = null;
  const write = async () => {
    busy = true;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, 1000);
      if (!(await persist(() => recordEpochs(db, claim, batch), signal))) throw new LeaseLost();
    }
  };
  try {
    for (;;) {
      const next = await epochs.next();
      if (failure) throw (failure as { error: unknown }).error;
      if (next.done) {
        await writing;
        if (failure) throw (failure as { error: unknown }).error;
        return next.value;
      }
      waiting.push(next.value);
      if (!busy)
        writing = write()
          .catch((error) => {
            failure = { error };
            waiting = [];
          })
          .finally(() => {
            busy = false;
          });
    }
  } finally {
    await epochs.return?.(undefined as never);
  }
}

/** What becomes of a job that did not finish. A write that comes too late changes nothing. */
async function settle({ db, queue, log }: Deps, job: ClaimedJob, reason: unknown): Promise<void> {
  const { id: jobId, attempt } = job;
  if (reason instanceof LeaseLost)
    return log.warn({ jobId, attempt }, "another attempt owns the job");
  if (reason instanceof CancelRequested) {
    log.info({ jobId, attempt }, "cancelled");
    await cancelJob(db, job);
    return;
  }
  const lost = reason instanceof TrainerDied;
  if (reason instanceof WorkerStopping || (lost && job.losses + 1 < MAX_LOSSES)) {
    const released = await releaseJob(db, job, { lost });
    log.warn({ jobId, attempt, err: reason }, "handed back to the queue");
    if (released) await queue.deliver(released.id, released.attempt);
    return;
  }
  log.error({ jobId, attempt, err: reason }, "failed");
  await failJob(db, job, explain(reason));
}

function explain(reason: unknown): JobError {
  const message = reason instanceof Error ? reason.message : String(reason);
  if (reason instanceof TrainerDied)
    return {
      code: "trainer_died",
      message: `trainers or workers died ${MAX_LOSSES} times, at last so: ${message}`,
      hint: "most often memory: try a smaller model or batch_size",
      retryable: true,
    };
  const code = failureCode(reason);
  return { code, message, hint: HINTS[code], retryable: false };
}

const HINTS: Record<FailureCode, string> = {
  out_of_memory: "try a smaller model or batch_size",
  dataset_unreadable: "upload the data set again",
  model_unreadable: "upload the model again",
  internal: "a defect of the service; please report it",
};

function failureCode(reason: unknown): FailureCode {
  if (reason instanceof TrainingFailed) return reason.code;
  const isBlob = reason instanceof Error && /Blob/.test(reason.constructor.name);
  return isBlob ? "dataset_unreadable" : "internal";
}
