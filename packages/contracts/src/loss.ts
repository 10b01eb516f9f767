import { type Static, Type } from "typebox";

const closed = { additionalProperties: false };

/** Losses over classes, which have accuracies, and losses over numbers, which have errors. */
export const CLASS_LOSSES = ["cross_entropy", "binary_cross_entropy"] as const;
export const NUMBER_LOSSES = ["mse", "mae", "huber"] as const;
export const LOSSES = [...CLASS_LOSSES, ...NUMBER_LOSSES] as const;
export type LossName = (typeof LOSSES)[number];

/** What a loss may say beside its name. The formulas stand in packages/graph/src/append-loss.ts. */
const OPTIONS = {
  cross_entropy: Type.Object(
    {
      type: Type.Literal("cross_entropy"),
      label_smoothing: Type.Optional(
        Type.Number({
          minimum: 0,
          maximum: 1,
          description: "The part of every target that is spread evenly over all classes.",
        }),
      ),
      // Within what float32 can hold: a weight that became 0 there would leave nothing to divide by.
      class_weights: Type.Optional(
        Type.Array(Type.Number({ minimum: 1e-6, maximum: 1e6 }), {
          minItems: 2,
          maxItems: 1000,
          description:
            "One weight per class, in the order of the target's values; the loss is the weighted mean.",
        }),
      ),
    },
    closed,
  ),
  binary_cross_entropy: Type.Object({ type: Type.Literal("binary_cross_entropy") }, closed),
  mse: Type.Object({ type: Type.Literal("mse") }, closed),
  mae: Type.Object({ type: Type.Literal("mae") }, closed),
  huber: Type.Object(
    {
      type: Type.Literal("huber"),
      delta: Type.Optional(
        Type.Number({
          minimum: 1e-30,
          maximum: 1e30,
          description:
            "Errors beyond this count linearly; in the unit of the training: standard deviations of a standardized target. Left out, 1.",
        }),
      ),
    },
    closed,
  ),
} as const satisfies Record<LossName, unknown>;

type Options = { [L in LossName]: Static<(typeof OPTIONS)[L]> };
export type LossSpec = LossName | Options[LossName];

/** A name, or an object told apart by `type`. Chosen by `if`, so that errors are of the right one only. */
export const LossSpec = Type.Unsafe<LossSpec>({
  type: ["string", "object"],
  description: 'A name, as "mse", or an object with its options, as {"type": "huber", "delta": 2}.',
  allOf: [
    { if: { not: { type: "string" } }, else: { enum: [...LOSSES] } },
    {
      if: { not: { type: "object" } },
      else: {
        type: "object",
        required: ["type"],
        discriminator: { propertyName: "type" },
        oneOf: Object.values(OPTIONS),
      },
    },
  ],
});

/**
 * A loss as it runs: its name where that says all, with the options where they say something else than the
 * name alone, so that equal losses read equal.
 */
export type Loss =
  | Exclude<LossName, "huber">
  | { type: "cross_entropy"; label_smoothing: number; class_weights: number[] | null }
  | { type: "huber"; delta: number };

export function nameOfLoss(loss: Loss | LossSpec): LossName {
  return typeof loss === "string" ? loss : loss.type;
}

/** Whether the loss is over classes, not over numbers. */
export function isOverClasses(loss: Loss | LossSpec): boolean {
  return (CLASS_LOSSES as readonly LossName[]).includes(nameOfLoss(loss));
}
