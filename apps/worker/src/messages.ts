import type { EpochRecord, ResolvedJob } from "@descent/contracts";
import type { TrainingResult } from "@descent/training";

/** What the worker asks of a trainer: one job at a time. */
export interface TrainRequest {
  job: ResolvedJob;
  tablePath: string;
  threads: number;
}

/** What a trainer answers: that it is warm; epochs in order; then a result or an error. */
export type TrainerMessage =
  | { kind: "ready" }
  | { kind: "epoch"; epoch: EpochRecord }
  | { kind: "result"; result: TrainingResult }
  | { kind: "error"; outOfMemory: boolean; message: string };
