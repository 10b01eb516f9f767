import { type Static, Type } from "typebox";
import { Clip, flatHypers, PRECISIONS } from "./optimizer.ts";
import { nullable, text } from "./scalars.ts";
import { ScheduleSpec } from "./schedule.ts";

const closed = { additionalProperties: false };

export const TEST_FUNCTIONS = [
  "rosenbrock",
  "beale",
  "booth",
  "himmelblau",
  "quadratic",
  "saddle",
  "rastrigin",
] as const;
export type TestFunction = (typeof TEST_FUNCTIONS)[number];

/** Numbers nested to any depth that a parameter tensor has: a number, a vector, a matrix, … */
export type NestedNumbers = number | NestedNumbers[];
/** As NestedNumbers; a value that is not finite is null. */
export type NestedValues = number | null | NestedValues[];

export const MAX_STEPS = 100_000;

// A recursive schema gives errors of every depth at once; the depth and the shape are checked by hand.
const nested = (description: string) =>
  Type.Unsafe<NestedNumbers>({ type: ["number", "array"], description });

/** The body of POST /v1/trajectories: a rule by itself, on given gradients or on a test function's. */
export const TrajectoryRequest = Type.Object(
  {
    optimizer: Type.Object(
      {
        rule: text(64, { minLength: 1 }),
        convention: Type.Optional(text(64, { minLength: 1 })),
        precision: Type.Optional(Type.Enum([...PRECISIONS])),
        schedule: Type.Optional(ScheduleSpec),
        clip: Type.Optional(Clip),
      },
      flatHypers(["rule", "convention", "precision", "schedule", "clip"]),
    ),
    start: nested("One parameter tensor: a number, a vector or a matrix (nested arrays)."),
    gradients: Type.Optional(
      // Its items are checked by hand, up to the first faults: the schema would list a million of them.
      Type.Unsafe<NestedNumbers[]>({
        type: "array",
        description: "One per step, each of the shape of start.",
        minItems: 1,
        maxItems: MAX_STEPS,
      }),
    ),
    function: Type.Optional(Type.Enum([...TEST_FUNCTIONS])),
    steps: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_STEPS })),
    lr_factors: Type.Optional(
      Type.Array(Type.Number({ minimum: 0 }), {
        minItems: 1,
        maxItems: MAX_STEPS,
        description: "What lr is multiplied by, step by step; beside a schedule, both act.",
      }),
    ),
  },
  { $id: "TrajectoryRequest", ...closed },
);
export type TrajectoryRequest = Static<typeof TrajectoryRequest>;

/** `points[i]` is the parameter after step i + 1, `losses[i]` the function's value there. */
export const Trajectory = Type.Object(
  {
    optimizer: Type.Unsafe<Record<string, unknown>>({
      type: "object",
      description: "Every value that ran.",
      additionalProperties: true,
    }),
    points: Type.Array(Type.Unsafe<NestedValues>({})),
    losses: nullable(Type.Array(nullable(Type.Number()))),
    diverged_at: nullable(
      Type.Integer({ description: "The first step whose point is not finite, from 1." }),
    ),
  },
  { $id: "Trajectory", ...closed },
);
export type Trajectory = Static<typeof Trajectory>;
