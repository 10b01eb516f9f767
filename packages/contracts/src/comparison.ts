import { type Static, Type } from "typebox";
import { METRIC_NAMES } from "./epoch.ts";
import { JOB_STATUSES, Tags } from "./job.ts";
import { nullable, text } from "./scalars.ts";

const closed = { additionalProperties: false };

/** A field of the resolved job to group by: `optimizer.rule`, `optimizer.schedule.type`, `batch_size`, `tags.experiment`, … */
export const GROUP_FIELD_PATTERN =
  "^(optimizer(\\.[A-Za-z0-9][A-Za-z0-9_]{0,63}){1,4}|dataset\\.(id|target|scaling|validation_fraction|split_seed)|model\\.(id|head|preset|size|initialisation)|loss|penalty|epochs|batch_size|seed|parameters|name|tags\\.[A-Za-z0-9_.-]{1,64})$";
export const GroupField = Type.String({
  pattern: GROUP_FIELD_PATTERN,
  description:
    "a field of the resolved job: optimizer.rule, optimizer.lr (any path below optimizer, as optimizer.schedule.type), dataset.id, .target, .scaling, .validation_fraction or .split_seed, model.id, .head, .preset, .size or .initialisation, loss, penalty, epochs, batch_size, seed, parameters, name, or tags.<key>; what is an object or a list there is its JSON",
});

export const ComparisonRequest = Type.Object(
  {
    filter: Type.Object(
      {
        tags: Type.Optional(Tags),
        jobs: Type.Optional(Type.Array(text(100), { minItems: 1, maxItems: 10_000 })),
        dataset: Type.Optional(text(100)),
        status: Type.Optional(Type.Enum([...JOB_STATUSES])),
      },
      closed,
    ),
    metric: Type.Enum([...METRIC_NAMES]),
    target: Type.Optional(Type.Number()),
    select: Type.Optional(Type.Enum(["best", "last"])),
    group_by: Type.Optional(
      Type.Array(GroupField, { minItems: 1, maxItems: 8, uniqueItems: true }),
    ),
  },
  { $id: "ComparisonRequest", ...closed },
);
export type ComparisonRequest = Static<typeof ComparisonRequest>;

export const GroupKey = Type.Record(
  Type.String(),
  Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]),
);
export type GroupKey = Static<typeof GroupKey>;

/** The median counts a run that missed the target as slower than all that reached it; null where that decides it. */
const ToTarget = Type.Object({ median: nullable(Type.Number()), reached: Type.Integer() }, closed);

export const WARNING_CODES = [
  "fewer_than_three_seeds",
  "different_datasets",
  "different_models",
  "unequal_epochs",
  "mixed_optimizers",
  "unknown_field",
  "diverged_runs",
  "best_at_edge_of_range",
  "no_value",
  "unfinished_jobs",
] as const;

export const ComparisonGroup = Type.Object(
  {
    key: GroupKey,
    n: Type.Integer(),
    diverged: Type.Integer(),
    value: Type.Object(
      {
        mean: nullable(Type.Number()),
        std: nullable(Type.Number()),
        min: nullable(Type.Number()),
        max: nullable(Type.Number()),
      },
      closed,
    ),
    epochs_to_target: nullable(ToTarget),
    seconds_to_target: nullable(ToTarget),
    jobs: Type.Array(Type.String()),
  },
  closed,
);
export type ComparisonGroup = Static<typeof ComparisonGroup>;

export const Comparison = Type.Object(
  {
    metric: Type.Enum([...METRIC_NAMES]),
    direction: Type.Enum(["maximize", "minimize"]),
    select: Type.Enum(["best", "last"]),
    target: nullable(Type.Number()),
    groups: Type.Array(ComparisonGroup),
    ranking: Type.Array(Type.Object({ key: GroupKey }, closed)),
    warnings: Type.Array(
      Type.Object(
        {
          code: Type.Enum([...WARNING_CODES]),
          message: Type.String(),
          groups: Type.Array(GroupKey),
        },
        closed,
      ),
    ),
  },
  { $id: "Comparison", ...closed },
);
export type Comparison = Static<typeof Comparison>;
export type ComparisonWarning = Comparison["warnings"][number];

export const CurvesQuery = Type.Object(
  { jobs: text(100_000, { minLength: 1 }), metric: Type.Enum([...METRIC_NAMES]) },
  closed,
);

/** Aligned curves: `values[i]` belongs to `epochs[i]`, null past a job's end or where it is not finite. */
export const Curves = Type.Object(
  {
    metric: Type.Enum([...METRIC_NAMES]),
    epochs: Type.Array(Type.Integer()),
    curves: Type.Array(
      Type.Object({ job: Type.String(), values: Type.Array(nullable(Type.Number())) }, closed),
    ),
  },
  { $id: "Curves", ...closed },
);
export type Curves = Static<typeof Curves>;
