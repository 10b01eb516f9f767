import { type Static, Type } from "typebox";
import { METRIC_NAMES } from "./epoch.ts";
import { type Loss, LossSpec } from "./loss.ts";
import { Model, type ResolvedModel } from "./model.ts";
import { OptimizerSpec, type ResolvedOptimizer } from "./optimizer.ts";
import { pageQuery } from "./page.ts";
import { PenaltySpec, type ResolvedPenalty } from "./penalty.ts";
import { Instant, MAX_SEED, nullable, text } from "./scalars.ts";

const closed = { additionalProperties: false };
const Seed = Type.Integer({ minimum: 0, maximum: MAX_SEED });

export const JOB_STATUSES = ["queued", "running", "finished", "failed", "cancelled"] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];
export const ENDED_STATUSES = ["finished", "failed", "cancelled"] as const satisfies JobStatus[];

/** How a finished job ended. Divergence is a result, not a failure: a comparison needs it. */
export const OUTCOMES = ["completed", "target_reached", "early_stopped", "diverged"] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const SCALINGS = ["standardize", "unit", "none"] as const;
export type Scaling = (typeof SCALINGS)[number];

/** Whether a number target is standardized for training; its metrics are in the target's own unit all the same. */
export const TARGET_SCALINGS = ["standardize", "none"] as const;
export type TargetScaling = (typeof TARGET_SCALINGS)[number];

export const Tags = Type.Record(Type.String({ pattern: "^[A-Za-z0-9_.-]{1,64}$" }), text(200), {
  additionalProperties: false,
  maxProperties: 32,
});
export type Tags = Static<typeof Tags>;

export const StopSpec = Type.Object(
  {
    target: Type.Optional(
      Type.Object({ metric: Type.Enum([...METRIC_NAMES]), value: Type.Number() }, closed),
    ),
    patience: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  },
  closed,
);

/** The body of POST /v1/jobs. Everything but the data set's id, the model's layers, the rule and the epochs has a default. */
export const JobSpec = Type.Object(
  {
    name: Type.Optional(text(200)),
    dataset: Type.Object(
      {
        id: text(100, { minLength: 1 }),
        target: Type.Optional(text(500)),
        features: Type.Optional(
          Type.Array(text(500), { minItems: 1, maxItems: 100_000, uniqueItems: true }),
        ),
        validation_fraction: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 0.9 })),
        split_seed: Type.Optional(Seed),
        scaling: Type.Optional(Type.Enum([...SCALINGS])),
        target_scaling: Type.Optional(Type.Enum([...TARGET_SCALINGS])),
      },
      closed,
    ),
    model: Model,
    loss: Type.Optional(LossSpec),
    penalty: Type.Optional(
      Type.Array(PenaltySpec, {
        minItems: 1,
        maxItems: 100,
        description:
          "Added to the loss that is minimised, l1 * sum|w| + l2 * sum(w^2) over the tensors named; the losses recorded are without it.",
      }),
    ),
    optimizer: OptimizerSpec,
    epochs: Type.Integer({ minimum: 1, maximum: 100_000 }),
    batch_size: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    seed: Type.Optional(Seed),
    threads: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1024,
        description:
          "Threads inside one operation; left out, 1. On small machines jobs beside each other beat threads within one.",
      }),
    ),
    stop: Type.Optional(StopSpec),
    tags: Type.Optional(Tags),
  },
  { $id: "JobSpec", ...closed },
);
export type JobSpec = Static<typeof JobSpec>;

/** A job with every value that runs: what the trainer reads, and what `resolved` echoes. */
export interface ResolvedJob {
  dataset: {
    id: string;
    target: string;
    features: string[];
    validation_fraction: number;
    split_seed: number;
    scaling: Scaling;
    target_scaling: TargetScaling;
  };
  model: ResolvedModel;
  loss: Loss;
  penalty: ResolvedPenalty[];
  optimizer: ResolvedOptimizer;
  /** The text of a user's own rule as it was when the job was posted; null for a built-in rule. */
  rule_text: string | null;
  epochs: number;
  batch_size: number;
  seed: number;
  threads: number;
  stop: Static<typeof StopSpec>;
}

/** What happened to a job that failed. `retryable` says whether posting it again can help. */
export const JobError = Type.Object(
  {
    code: Type.Enum([
      "out_of_memory",
      "trainer_died",
      "worker_lost",
      "dataset_unreadable",
      "model_unreadable",
      "internal",
    ]),
    message: Type.String(),
    hint: Type.String(),
    retryable: Type.Boolean(),
  },
  closed,
);
export type JobError = Static<typeof JobError>;

export const MetricSummary = Type.Object(
  {
    last: nullable(Type.Number()),
    min: nullable(Type.Number()),
    min_epoch: nullable(Type.Integer()),
    max: nullable(Type.Number()),
    max_epoch: nullable(Type.Integer()),
  },
  closed,
);

/** What computed the numbers, so that a rerun elsewhere can be told from a rerun here. */
export const Engine = Type.Object(
  {
    descent: Type.String(),
    onnxruntime: Type.String(),
    node: Type.String(),
    platform: Type.String(),
    cpu: Type.String(),
  },
  closed,
);
export type Engine = Static<typeof Engine>;

const resolved = Type.Unsafe<ResolvedJob>({
  type: "object",
  description: "Every value that ran: the spec with its defaults filled in.",
  additionalProperties: true,
});

export const Job = Type.Object(
  {
    id: Type.String(),
    name: nullable(Type.String()),
    status: Type.Enum([...JOB_STATUSES]),
    outcome: nullable(Type.Enum([...OUTCOMES])),
    attempt: Type.Integer(),
    spec: Type.Unsafe<JobSpec>({
      type: "object",
      description: "The job as it was sent.",
      additionalProperties: true,
    }),
    resolved,
    parameters: Type.Integer(),
    progress: Type.Object(
      {
        epoch: Type.Integer(),
        epochs: Type.Integer(),
        fraction: Type.Number(),
        eta_seconds: nullable(Type.Number()),
      },
      closed,
    ),
    queue: nullable(Type.Object({ jobs_ahead: Type.Integer() }, closed)),
    summary: Type.Record(Type.String(), MetricSummary),
    error: nullable(JobError),
    result_hash: nullable(Type.String()),
    engine: nullable(Engine),
    warnings: Type.Array(Type.Object({ code: Type.String(), message: Type.String() }, closed)),
    tags: Tags,
    cancel_requested: Type.Boolean(),
    created_at: Instant,
    started_at: nullable(Instant),
    finished_at: nullable(Instant),
  },
  { $id: "Job", ...closed },
);
export type Job = Static<typeof Job>;
export type JobWarning = Job["warnings"][number];

/** The answer of POST /v1/jobs?validate_only=true: what would run. Nothing was created. */
export const ValidatedJob = Type.Object(
  {
    valid: Type.Literal(true),
    resolved,
    parameters: Type.Integer(),
    warnings: Type.Array(Type.Object({ code: Type.String(), message: Type.String() }, closed)),
  },
  { $id: "ValidatedJob", ...closed },
);
export type ValidatedJob = Static<typeof ValidatedJob>;

export const JOB_SORTS = ["-created_at", "created_at"] as const;

/** Beside these, `tag.<key>=<value>` filters by tag. */
export const ListJobsQuery = Type.Object(
  {
    ...pageQuery,
    status: Type.Optional(Type.Enum([...JOB_STATUSES])),
    rule: Type.Optional(text(64)),
    dataset: Type.Optional(text(100)),
    sort: Type.Optional(Type.Enum([...JOB_SORTS])),
  },
  { patternProperties: { "^tag\\.[A-Za-z0-9_.-]{1,64}$": text(200) }, ...closed },
);
