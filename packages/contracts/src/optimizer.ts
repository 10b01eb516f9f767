import { type Static, Type } from "typebox";
import { nullable, text } from "./scalars.ts";
import { type ResolvedSchedule, ScheduleSpec } from "./schedule.ts";

const closed = { additionalProperties: false };

export const PRECISIONS = ["float32", "float64"] as const;
export type Precision = (typeof PRECISIONS)[number];
/** Models train in float32; a trajectory may be in either. */
const TRAINING_PRECISIONS = ["float32"] as const satisfies Precision[];

/** Where a user's own rules live. */
export const CUSTOM = "custom";

const bound = (description: string) =>
  Type.Optional(Type.Number({ exclusiveMinimum: 0, description }));

/**
 * How gradients are clipped before the rule (and any weight decay) sees them: exactly one of the three. In
 * the convention torch a norm is clipped by min(1, c / (norm + 1e-6)), in every other by min(1, c / norm).
 */
export const Clip = Type.Object(
  {
    value: bound("Every element is kept within ± this."),
    norm: bound("Every parameter tensor's gradient has at most this L2 norm."),
    global_norm: bound("The gradient of all parameters together has at most this L2 norm."),
  },
  { minProperties: 1, maxProperties: 1, ...closed },
);
export type Clip = Static<typeof Clip>;

const hyperTypes = { type: ["number", "boolean"] };
const hyperValues = Type.Unsafe<number | boolean>(hyperTypes);
/**
 * Hypers stand flat beside other fields; more than any rule has (32) are not looked at one by one.
 *
 * @param fields the others, for the sentence that answers a misspelt one
 */
export const flatHypers = (fields: readonly string[]) => ({
  additionalProperties: Type.Unsafe<number | boolean>({
    ...hyperTypes,
    description: `a hyper of the rule; the other fields here are ${fields.join(", ")}`,
  }),
  maxProperties: 64,
});

/** Parameter tensors with hypers of their own: the first group whose pattern matches a tensor's name has it. */
export const GroupSpec = Type.Object(
  {
    match: text(200, {
      minLength: 1,
      description:
        "A tensor's name, as layers.0.weight or layers.0.bias; * stands for any characters, as in *.bias.",
    }),
  },
  flatHypers(["match"]),
);
export type GroupSpec = Static<typeof GroupSpec> & Record<string, unknown>;

/** What stands around the rule; `lr` and every other hyper of the rule stands flat beside these. */
const around = {
  schedule: Type.Optional(ScheduleSpec),
  clip: Type.Optional(Clip),
};

const optimizerFields = {
  rule: text(64, { minLength: 1 }),
  convention: Type.Optional(text(64, { minLength: 1 })),
  precision: Type.Optional(Type.Enum([...TRAINING_PRECISIONS])),
  ...around,
  accumulate: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      description:
        "Batches per step: their gradients are averaged over all their rows. What is left at the end of an epoch makes a step of its own.",
    }),
  ),
  ema: Type.Optional(
    Type.Object(
      {
        decay: Type.Optional(
          Type.Number({ minimum: 0, exclusiveMaximum: 1, description: "Left out, 0.999." }),
        ),
      },
      {
        description:
          "Averaged weights: average = decay * average + (1 - decay) * weights after every step, the first step copies. They are what is validated and kept; training goes on with the raw ones.",
        ...closed,
      },
    ),
  ),
  groups: Type.Optional(Type.Array(GroupSpec, { minItems: 1, maxItems: 100 })),
};

/** A rule's hypers stand flat beside its name; which ones exist, and their ranges, the rule itself says. */
export const OptimizerSpec = Type.Object(optimizerFields, {
  $id: "OptimizerSpec",
  ...flatHypers(Object.keys(optimizerFields)),
});
export type OptimizerSpec = Static<typeof OptimizerSpec> & Record<string, unknown>;

export type HyperValues = Record<string, number | boolean>;

/** An optimizer with every value that runs. All hypers of the rule stand flat beside these. */
export interface ResolvedOptimizer {
  rule: string;
  convention: string;
  precision: "float32";
  schedule: ResolvedSchedule;
  clip: Clip | null;
  accumulate: number;
  ema: { decay: number } | null;
  /** The tensors each group has, and all its hypers; tensors of no group have the optimizer's own. */
  groups: ResolvedGroup[];
  [hyper: string]: unknown;
}
export interface ResolvedGroup {
  match: string;
  tensors: string[];
  hypers: HyperValues;
}

/** The names beside which hypers stand: no rule may have a hyper of such a name. */
export const RESERVED_HYPER_NAMES: readonly string[] = Object.keys(OptimizerSpec.properties);

/** The hypers that stand flat in a resolved optimizer. */
export function hypersOf(optimizer: ResolvedOptimizer): HyperValues {
  return Object.fromEntries(
    Object.entries(optimizer).filter(([name]) => !RESERVED_HYPER_NAMES.includes(name)),
  ) as HyperValues;
}

/** One hyper-parameter of a rule. A missing bound is null; `exclusive_*` says that the bound itself is refused. */
export const Hyper = Type.Object(
  {
    name: Type.String(),
    kind: Type.Enum(["number", "boolean"]),
    default: hyperValues,
    minimum: nullable(Type.Number()),
    exclusive_minimum: Type.Boolean(),
    maximum: nullable(Type.Number()),
    exclusive_maximum: Type.Boolean(),
  },
  { $id: "Hyper", ...closed },
);
export type Hyper = Static<typeof Hyper>;

/** How far a rule was compared with the framework, paper or closed form it comes from, number by number. */
export const Verification = Type.Object(
  {
    references: Type.Array(Type.String(), { description: "What produced the numbers." }),
    trajectories: Type.Integer(),
    steps: Type.Integer({ description: "Of all trajectories together." }),
    worst_relative_difference: Type.Object(
      { float64: nullable(Type.Number()), float32: nullable(Type.Number()) },
      {
        description:
          "The largest |ours - reference| / max(|reference|, the largest weight of that step); null where nothing was compared.",
        ...closed,
      },
    ),
    float32_bits_equal: Type.Object(
      { trajectories: Type.Integer(), of: Type.Integer() },
      { description: "Trajectories of float32 that agree in every bit.", ...closed },
    ),
  },
  { $id: "Verification", ...closed },
);
export type Verification = Static<typeof Verification>;

/** One rule in one convention. `verified` is null for a user's own rule. */
export const Optimizer = Type.Object(
  {
    rule: Type.String(),
    convention: Type.String(),
    title: Type.String(),
    hypers: Type.Array(Hyper),
    text: Type.String({ description: "The rule itself." }),
    verified: nullable(Verification),
    created_at: nullable(
      Type.String({ format: "date-time", description: "Of a user's own rule." }),
    ),
  },
  { $id: "Optimizer", ...closed },
);
export type Optimizer = Static<typeof Optimizer>;

/** The body of POST /v1/optimizers: a rule of the user's own, named like a built-in one is. */
export const CreateOptimizer = Type.Object(
  {
    name: Type.String({ pattern: "^[a-z][a-z0-9_]{0,63}$" }),
    text: text(20_000, { minLength: 1, description: "The rule (docs/rule-language.md)." }),
  },
  { $id: "CreateOptimizer", ...closed },
);
export type CreateOptimizer = Static<typeof CreateOptimizer>;
