import { setTimeout as pause } from "node:timers/promises";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;
const TRIES = 30;

/**
 * Writes, again and again while the database does not answer: a restart of the database must not cost a
 * training. Every write here may be repeated. Ends early when the job is lost.
 *
 * @throws the last error, or the signal's reason
 */
export async function persist<T>(write: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await write();
    } catch (error) {
      signal.throwIfAborted();
      if (tries === TRIES) throw error;
      const wait = Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS);
      await pause(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}
