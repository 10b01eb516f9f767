import { type Predicted, PredictorBusy, type PredictTask, TooSlow } from "@descent/inference";
import type { FastifyReply } from "fastify";
import type { Parts } from "../app.ts";
import { problem } from "../problem/problem-error.ts";

/** Rows as JSON: some 5000 images of 28 x 28. */
export const ROWS_LIMIT = 2 ** 24;
export const PREDICT_MS = 20_000;

/**
 * Predicts for a request: given up when the client goes away.
 *
 * @returns null where the client has gone, so that nobody is left to answer
 * @throws ProblemError where too many predictions wait, or these take too long
 */
export async function predict(
  { predictor }: Pick<Parts, "predictor">,
  { raw }: FastifyReply,
  task: PredictTask,
): Promise<Predicted | null> {
  const gone = new AbortController();
  raw.once("close", () => gone.abort());
  try {
    return await predictor.predict(task, gone.signal);
  } catch (error) {
    if (gone.signal.aborted) return null;
    if (error instanceof PredictorBusy)
      throw problem("unavailable", `${error.message}; try again`, {
        headers: { "retry-after": "2" },
      });
    if (error instanceof TooSlow) throw problem("timeout", error.message);
    throw error;
  }
}
