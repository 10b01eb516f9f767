import { EventEmitter, once } from "node:events";
import { ENDED_STATUSES, type Job } from "@descent/contracts";
import { type Database, getJob } from "@descent/db";

/** Announcements that a job has ended, by job id; and the end of the app, at which nobody waits any longer. */
export interface JobEnds {
  announce(jobId: string): void;
  /** Resolves at the next announcement of this job or when `signal` aborts. */
  next(jobId: string, signal: AbortSignal): Promise<void>;
  closing: AbortSignal;
  close(): void;
}

/** An announcement may be lost with its connection, so the job is looked at this often as well. */
const LOOK_AGAIN_MS = 1000;

export function createJobEnds(): JobEnds {
  const announcements = new EventEmitter().setMaxListeners(0);
  const closing = new AbortController();
  return {
    announce: (jobId) => announcements.emit(`ended ${jobId}`),
    next: (jobId, signal) =>
      once(announcements, `ended ${jobId}`, { signal }).then(
        () => {},
        () => {}, // aborted: the caller looks for itself
      ),
    closing: closing.signal,
    close: () => closing.abort(),
  };
}

/**
 * The job when it has ended, or as it is after `seconds`, when `gone` aborts, or when the app closes.
 * @returns null where there is no such job
 */
export async function waitForJob(
  { db, jobEnds }: { db: Database; jobEnds: JobEnds },
  jobId: string,
  seconds: number,
  gone: AbortSignal,
): Promise<Job | null> {
  const stop = AbortSignal.any([gone, jobEnds.closing]);
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const left = deadline - performance.now();
    const enough = new AbortController();
    const timer = setTimeout(() => enough.abort(), Math.min(LOOK_AGAIN_MS, Math.max(0, left)));
    // Listening starts before looking: an end in between is heard.
    const heard = jobEnds.next(jobId, AbortSignal.any([stop, enough.signal]));
    try {
      const job = await getJob(db, jobId);
      if (!job || hasEnded(job) || left <= 0 || stop.aborted) return job;
      await heard;
    } finally {
      clearTimeout(timer);
      enough.abort();
    }
  }
}

export function hasEnded({ status }: Job): boolean {
  return (ENDED_STATUSES as readonly string[]).includes(status);
}
