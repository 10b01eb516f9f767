import { type Static, Type } from "typebox";
import { METRIC_NAMES, type Metric } from "./epoch.ts";

const closed = { additionalProperties: false };
const count = (description: string) =>
  Type.Integer({ minimum: 1, maximum: 1_000_000_000, description });
const factor = Type.Number({ minimum: 0, maximum: 1, description: "What lr is multiplied by." });
const floor = Type.Number({ minimum: 0, maximum: 1, description: "The smallest part of lr." });

/** What a schedule counts: updates of the weights, or epochs. */
const SCHEDULE_UNITS = ["step", "epoch"] as const;
export type ScheduleUnit = (typeof SCHEDULE_UNITS)[number];
const per = Type.Enum([...SCHEDULE_UNITS], {
  description: "What k counts: the steps (updates of the weights) or the epochs done before.",
});
/** Linear warm-up, before which nothing else acts: lr times from + (1 - from) k / steps while k < steps. */
const warmup = Type.Object(
  {
    steps: Type.Integer({ minimum: 0, maximum: 1_000_000_000, description: "In units of `per`." }),
    from: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: "Left out, 0." })),
  },
  closed,
);
const common = { per: Type.Optional(per), warmup: Type.Optional(warmup) };
const over = Type.Optional(
  count("How long the descent takes, in units of `per`; left out, until the end of the job."),
);

/**
 * The learning-rate schedules of a job. Each multiplies the optimizer's lr (every group's own) by a factor
 * that depends on k, the steps or epochs done before this one, counted after the warm-up; so the first
 * update has k = 0. The formulas stand in packages/optimizers/src/schedule.
 */
const SCHEDULES = {
  constant: Type.Object({ type: Type.Literal("constant"), ...common }, closed),
  step: Type.Object(
    {
      type: Type.Literal("step"),
      every: count("Units between two drops."),
      factor: Type.Optional(factor),
      ...common,
    },
    closed,
  ),
  multi_step: Type.Object(
    {
      type: Type.Literal("multi_step"),
      at: Type.Array(count("A drop comes when k reaches it."), {
        minItems: 1,
        maxItems: 1000,
        uniqueItems: true,
      }),
      factor: Type.Optional(factor),
      ...common,
    },
    closed,
  ),
  exponential: Type.Object({ type: Type.Literal("exponential"), factor, ...common }, closed),
  polynomial: Type.Object(
    {
      type: Type.Literal("polynomial"),
      power: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 100 })),
      floor: Type.Optional(floor),
      over,
      ...common,
    },
    closed,
  ),
  linear: Type.Object(
    { type: Type.Literal("linear"), floor: Type.Optional(floor), over, ...common },
    closed,
  ),
  inverse_time: Type.Object(
    {
      type: Type.Literal("inverse_time"),
      rate: Type.Number({ minimum: 0, maximum: 1e9 }),
      ...common,
    },
    closed,
  ),
  cosine: Type.Object(
    {
      type: Type.Literal("cosine"),
      floor: Type.Optional(floor),
      over,
      restarts: Type.Optional(
        Type.Object(
          {
            growth: Type.Optional(
              Type.Number({
                minimum: 1,
                maximum: 100,
                description:
                  "Every cycle is so many times as long as the one before; the first has `over`.",
              }),
            ),
          },
          closed,
        ),
      ),
      ...common,
    },
    closed,
  ),
  one_cycle: Type.Object(
    {
      type: Type.Literal("one_cycle"),
      rise: Type.Optional(
        Type.Number({
          exclusiveMinimum: 0,
          exclusiveMaximum: 1,
          description: "The part of the cycle in which the rate rises to lr.",
        }),
      ),
      from: Type.Optional(factor),
      floor: Type.Optional(floor),
      over,
      per: Type.Optional(per),
    },
    closed,
  ),
  plateau: Type.Object(
    {
      type: Type.Literal("plateau"),
      metric: Type.Optional(Type.Enum([...METRIC_NAMES])),
      factor: Type.Optional(factor),
      patience: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
      threshold: Type.Optional(
        Type.Number({
          minimum: 0,
          maximum: 1,
          description: "Progress smaller than this part of the best value is none.",
        }),
      ),
      cooldown: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
      floor: Type.Optional(floor),
    },
    closed,
  ),
} as const;

type ScheduleType = keyof typeof SCHEDULES;
export const SCHEDULE_TYPES = Object.keys(SCHEDULES) as ScheduleType[];
type Specs = { [T in ScheduleType]: Static<(typeof SCHEDULES)[T]> };

/** Told apart by `type`: `oneOf` with a discriminator gives errors of the right branch only. */
export const ScheduleSpec = Type.Unsafe<Specs[ScheduleType]>({
  type: "object",
  required: ["type"],
  discriminator: { propertyName: "type" },
  oneOf: Object.values(SCHEDULES),
});
export type ScheduleSpec = Specs[ScheduleType];

interface Counted {
  per: ScheduleUnit;
  /** 0 steps where there is none. */
  warmup: { steps: number; from: number };
}

/** A schedule with every value that runs; `over` and all other counts are in units of `per`. */
export type ResolvedSchedule =
  | ({ type: "constant" } & Counted)
  | ({ type: "step"; every: number; factor: number } & Counted)
  | ({ type: "multi_step"; at: number[]; factor: number } & Counted)
  | ({ type: "exponential"; factor: number } & Counted)
  | ({ type: "polynomial"; power: number; floor: number; over: number } & Counted)
  | ({ type: "linear"; floor: number; over: number } & Counted)
  | ({ type: "inverse_time"; rate: number } & Counted)
  | ({
      type: "cosine";
      floor: number;
      over: number;
      restarts: { growth: number } | null;
    } & Counted)
  | {
      type: "one_cycle";
      rise: number;
      from: number;
      floor: number;
      over: number;
      per: ScheduleUnit;
    }
  | {
      type: "plateau";
      metric: Metric;
      factor: number;
      patience: number;
      threshold: number;
      cooldown: number;
      floor: number;
    };
