import { type Claim, type Database, renewLease } from "@descent/db";
import type { Logger } from "pino";

/** Why a job is no longer ours to run. */
export class LeaseLost extends Error {}
export class CancelRequested extends Error {}
export class WorkerStopping extends Error {}

export interface Lease extends AsyncDisposable {
  /** Aborts with LeaseLost, CancelRequested or WorkerStopping. */
  signal: AbortSignal;
}

/**
 * Renews a claim's lease every third of its length for as long as it is held. A database that does not
 * answer for a while is tried again; the lease expires at worst.
 */
export function holdLease(
  {
    db,
    log,
    leaseSeconds,
    running,
  }: {
    db: Database;
    log: Logger;
    leaseSeconds: number;
    running: Map<string, AbortController>;
  },
  claim: Claim,
): Lease {
  const controller = new AbortController();
  running.set(claim.id, controller);
  const renew = async () => {
    try {
      const state = await renewLease(db, claim, leaseSeconds);
      if (state === "lost") controller.abort(new LeaseLost());
      if (state === "cancel_requested") controller.abort(new CancelRequested());
    } catch (error) {
      log.warn({ jobId: claim.id, err: error }, "the lease could not be renewed; trying again");
    }
  };
  const timer = setInterval(renew, (leaseSeconds * 1000) / 3);
  return {
    signal: controller.signal,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      running.delete(claim.id);
    },
  };
}
