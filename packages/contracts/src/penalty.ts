import { type Static, Type } from "typebox";
import { text } from "./scalars.ts";

const closed = { additionalProperties: false };
const factor = (description: string) =>
  Type.Optional(Type.Number({ minimum: 0, maximum: 1e6, description }));

/**
 * Parameter tensors whose size adds to what is minimised: l1 Σ|w| + l2 Σw², as Keras has it. The derivative
 * of the second is 2 l2 w, so that PyTorch's coupled weight_decay d is an l2 of d / 2.
 */
export const PenaltySpec = Type.Object(
  {
    match: text(200, {
      minLength: 1,
      description:
        "A tensor's name, as layers.0.weight; * stands for any characters, as in *.weight. The first penalty that matches a tensor has it.",
    }),
    l1: factor("Times the sum of the absolute weights. Left out, 0."),
    l2: factor("Times the sum of the squared weights. Left out, 0."),
  },
  closed,
);
export type PenaltySpec = Static<typeof PenaltySpec>;

export interface ResolvedPenalty {
  match: string;
  tensors: string[];
  l1: number;
  l2: number;
}
