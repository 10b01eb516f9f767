import { type Claim, type Database, renewLease } from "@descent/db";
import type { Logger } from "pino";

/** Why a job is no longer ours to run. */
export class LeaseLost extends Error {}
export class CancelRequested extends Error {}
export class WorkerStopping extends Error {}

/** One delivery being worked on here: aborting its controller ends it, with one of the reasons above. */
export interface Running {
  jobId: string;
  controller: AbortController;
}

/**
 * Renews a claim's lease for as long as it is held, and ends the work when the job is lost or cancelled. A
 * database that does not answer for a while is tried again; the lease expires at worst.
 */
export function holdLease(
  { db, log, leaseSeconds }: { db: Database; log: Logger; leaseSeconds: number },
  claim: Claim,
  controller: AbortController,
): Disposable {
  let renewing = false;
  const renew = async () => {
    if (renewing) return;
    renewing = true;
    try {
      const state = await renewLease(db, claim, leaseSeconds);
      if (state === "lost") controller.abort(new LeaseLost());
      if (state === "cancel_requested") controller.abort(new CancelRequested());
    } catch (error) {
      log.warn({ jobId: claim.id, err: error }, "the lease could not be renewed; trying again");
    }
    renewing = false;
  };
  // A cancel is announced; once a second is for the announcement that was not heard.
  const timer = setInterval(renew, Math.min(1000, (leaseSeconds * 1000) / 3));
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
