import type { EpochRecord, JobError, ResolvedJob } from "@descent/contracts";
import type { TrainingResult } from "@descent/training";

/** What the worker asks of a trainer: one job at a time. */
export interface TrainRequest {
  id: string;
  job: ResolvedJob;
  tablePath: string;
  /** Where the uploaded model lies that the job trains; null where it trains layers. */
  uploadPath: string | null;
  /** Where the trainer writes the model. */
  modelPath: string;
}

/** How a training ended; the model lies where the request said, if there is one. */
export interface Trained extends TrainingResult {
  has_model: boolean;
}

/** What a trainer answers: that it is warm; epochs in order; then a result or an error. */
export type TrainerMessage =
  | { kind: "ready" }
  | { kind: "epoch"; epoch: EpochRecord }
  | { kind: "result"; result: Trained }
  | { kind: "error"; code: FailureCode; message: string };

/** Why a training failed; an error's class does not survive the way between processes. */
export type FailureCode = Extract<
  JobError["code"],
  "out_of_memory" | "dataset_unreadable" | "model_unreadable" | "internal"
>;
