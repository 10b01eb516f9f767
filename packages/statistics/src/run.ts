import type { GroupKey, JobStatus } from "@descent/contracts";

/** One job as a comparison sees it. */
export interface Run {
  job: string;
  /** What it is grouped by, each field with this job's value. */
  key: GroupKey;
  status: JobStatus;
  diverged: boolean;
  /** The selected value of the metric; null where the job recorded no finite one. */
  value: number | null;
  seed: number;
  /** Epochs that were asked for. */
  epochs: number;
  /** Equal for two runs that saw the same data, and for two that trained the same model. */
  dataset: string;
  model: string;
  /** The optimizer's settings, field by field. */
  optimizer: Readonly<Record<string, string>>;
  /** Null for a run that did not reach the target. */
  epochsToTarget: number | null;
  secondsToTarget: number | null;
}

/** The runs of one key. */
export interface RunGroup {
  key: GroupKey;
  runs: Run[];
}
