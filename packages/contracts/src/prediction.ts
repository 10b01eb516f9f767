import { type Static, Type } from "typebox";
import { nullable } from "./scalars.ts";

export const MAX_PREDICTED_ROWS = 10_000;

/** The body of POST /v1/jobs/{id}/predictions: every row an object by feature, or an array in the features' order. */
export const PredictionRequest = Type.Object(
  {
    rows: Type.Array(
      Type.Unsafe<Record<string, unknown> | unknown[]>({ type: ["object", "array"] }),
      { minItems: 1, maxItems: MAX_PREDICTED_ROWS },
    ),
  },
  { $id: "PredictionRequest", additionalProperties: false },
);
export type PredictionRequest = Static<typeof PredictionRequest>;

/** The body of POST /v1/models/{id}/predictions: every row nested arrays of the input's shape, or its numbers in order. */
export const OutputsRequest = Type.Object(
  {
    rows: Type.Array(Type.Unsafe<unknown[]>({ type: "array" }), {
      minItems: 1,
      maxItems: MAX_PREDICTED_ROWS,
    }),
  },
  { $id: "OutputsRequest", additionalProperties: false },
);
export type OutputsRequest = Static<typeof OutputsRequest>;

/** What an uploaded model gives for each row, its numbers in order; null is a number that is not finite. */
export const Outputs = Type.Object(
  { outputs: Type.Array(Type.Array(nullable(Type.Number()))) },
  { $id: "Outputs", additionalProperties: false },
);
export type Outputs = Static<typeof Outputs>;

/** Over classes or over numbers, one for each row; null is a number that is not finite. */
export const Predictions = Type.Object(
  {
    predictions: Type.Array(
      Type.Object(
        {
          label: Type.Optional(Type.Union([Type.String(), Type.Number(), Type.Null()])),
          probabilities: Type.Optional(Type.Record(Type.String(), nullable(Type.Number()))),
          value: Type.Optional(nullable(Type.Number())),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { $id: "Predictions", additionalProperties: false },
);
export type Predictions = Static<typeof Predictions>;
