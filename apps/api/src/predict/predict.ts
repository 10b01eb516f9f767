import { type Predicted, PredictorBusy, type PredictTask, TooSlow } from "@descent/inference";
import type { Parts } from "../app.ts";
import { problem } from "../problem/problem-error.ts";

/** Rows as JSON: some 5000 images of 28 x 28. */
export const ROWS_LIMIT = 2 ** 24;
export const PREDICT_MS = 20_000;

/** @throws ProblemError where too many predictions wait, or these take too long */
export function predict({ predictor }: Parts, task: PredictTask): Promise<Predicted> {
  return predictor.predict(task).catch((error: unknown) => {
    if (error instanceof PredictorBusy)
      throw problem("unavailable", `${error.message}; try again`, {
        headers: { "retry-after": "2" },
      });
    if (error instanceof TooSlow) throw problem("timeout", error.message);
    throw error;
  });
}
