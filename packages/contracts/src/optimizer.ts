import { type Static, Type } from "typebox";
import { nullable, text } from "./scalars.ts";

const closed = { additionalProperties: false };

export const PRECISIONS = ["float32"] as const;

/** A rule's hypers stand flat beside its name; which ones exist, and their ranges, the rule itself says. */
export const OptimizerSpec = Type.Object(
  {
    rule: text(64, { minLength: 1 }),
    convention: Type.Optional(text(64, { minLength: 1 })),
    precision: Type.Optional(Type.Enum([...PRECISIONS])),
  },
  { additionalProperties: Type.Union([Type.Number(), Type.Boolean()]) },
);
export type OptimizerSpec = Static<typeof OptimizerSpec> & Record<string, unknown>;

/** An optimizer with every value that runs: all hypers of the rule are there. */
export type ResolvedOptimizer = { rule: string; convention: string; precision: "float32" } & Record<
  string,
  number | boolean | string
>;

/** One hyper-parameter of a rule. A missing bound is null; `exclusive_*` says that the bound itself is refused. */
export const Hyper = Type.Object(
  {
    name: Type.String(),
    kind: Type.Enum(["number", "boolean"]),
    default: Type.Union([Type.Number(), Type.Boolean()]),
    minimum: nullable(Type.Number()),
    exclusive_minimum: Type.Boolean(),
    maximum: nullable(Type.Number()),
    exclusive_maximum: Type.Boolean(),
  },
  { $id: "Hyper", ...closed },
);
export type Hyper = Static<typeof Hyper>;

/** One rule in one convention, as `GET /v1/optimizers` lists it. */
export const Optimizer = Type.Object(
  {
    rule: Type.String(),
    convention: Type.String(),
    title: Type.String(),
    hypers: Type.Array(Hyper),
  },
  { $id: "Optimizer", ...closed },
);
export type Optimizer = Static<typeof Optimizer>;
