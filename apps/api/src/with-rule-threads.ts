import { RuleThreadsBusy } from "@descent/optimizers/trajectory";
import type { FastifyReply } from "fastify";
import { problem } from "./problem/problem-error.ts";

/** The longest trajectory takes a few seconds; a thread that takes so long is stopped. */
const RULE_MS = 20_000;

/**
 * Has a rule run in a thread for a request: given up when the client goes away, or takes too long.
 *
 * @returns null where the client has gone, so that nobody is left to answer
 * @throws ProblemError where too many wait, or the time is up
 */
export async function withRuleThreads<T>(
  { raw }: FastifyReply,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | null> {
  const gone = new AbortController();
  raw.once("close", () => gone.abort());
  const late = AbortSignal.timeout(RULE_MS);
  try {
    return await work(AbortSignal.any([gone.signal, late]));
  } catch (error) {
    if (gone.signal.aborted) return null;
    if (error instanceof RuleThreadsBusy)
      throw problem("unavailable", `${error.message}; try again`, {
        headers: { "retry-after": "2" },
      });
    if (late.aborted) throw problem("timeout", `running the rule took longer than ${RULE_MS} ms`);
    throw error;
  }
}
