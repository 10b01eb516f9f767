import { setTimeout as delay } from "node:timers/promises";

/** What took longer than it may. */
export class TookTooLong extends Error {
  constructor(what: string, milliseconds: number) {
    super(`${what} did not answer within ${milliseconds} ms`);
    this.name = "TookTooLong";
  }
}

/**
 * Waits for `work` at most so long. A client of Redis waits for a lost server without end; an HTTP
 * request must not.
 * @throws TookTooLong; what `work` throws
 */
export async function within<T>(milliseconds: number, what: string, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = delay(milliseconds, undefined, { signal: timer.signal }).then(() => {
    throw new TookTooLong(what, milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
    late.catch(() => {});
    work.catch(() => {});
  }
}
