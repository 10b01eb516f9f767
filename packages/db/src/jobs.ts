import type { Engine, JobError, Outcome, ResolvedJob } from "@descent/contracts";
import { type Database, inTransaction } from "./open-database.ts";

// Every transition of a job, each a compare-and-set: it happens once, or not at all.
//
//   queued  -> running                          claimJob (a new attempt, under a lease)
//   queued  -> cancelled                        requestCancel
//   running -> finished | failed | cancelled    finishJob, failJob, cancelJob (the attempt that runs)
//   running -> queued                           releaseJob (handed back), takeBackExpired (worker lost)

/** What a worker holds while it runs a job. Writes under a stale attempt change nothing. */
export interface Claim {
  id: string;
  attempt: number;
}
export interface ClaimedJob extends Claim {
  /** How often this job's worker or trainer was lost so far. */
  losses: number;
  resolved: ResolvedJob;
  tableSha256: string;
}

/** What a job that trained to its end gives. */
export interface JobResult {
  outcome: Outcome;
  result_hash: string;
  engine: Engine;
  /** The blob of its model; null where there is none. */
  model_sha256: string | null;
}

const NO_RESULT = { outcome: null, result_hash: null, engine: null, model_sha256: null };

const LOST: JobError = {
  code: "worker_lost",
  message: "the workers that ran this job were lost again and again",
  hint: "the job may need more memory than a worker has; try a smaller model or batch",
  retryable: true,
};

/** The next attempt at a queued job; whatever an earlier one recorded is gone. Null where it is not queued. */
export async function claimJob(
  db: Database,
  jobId: string,
  { workerId, leaseSeconds }: { workerId: string; leaseSeconds: number },
): Promise<ClaimedJob | null> {
  return inTransaction(db, async (client) => {
    const { rows } = await client.query<ClaimedJob>(
      `UPDATE jobs SET status = 'running', attempt = attempt + 1, worker_id = $2, epochs_done = 0,
         lease_expires_at = now() + make_interval(secs => $3), started_at = now()
       WHERE id = $1 AND status = 'queued'
       RETURNING id, attempt, losses, resolved,
         (SELECT table_sha256 FROM datasets WHERE datasets.id = dataset_id) AS "tableSha256"`,
      [jobId, workerId, leaseSeconds],
    );
    const claimed = rows[0] ?? null;
    if (claimed && claimed.attempt > 1) {
      await client.query("DELETE FROM epochs WHERE job_id = $1", [jobId]);
      await client.query("DELETE FROM metric_summaries WHERE job_id = $1", [jobId]);
    }
    return claimed;
  });
}

/** `lost` means that another attempt owns the job, or it has ended. */
export async function renewLease(
  db: Database,
  { id, attempt }: Claim,
  leaseSeconds: number,
): Promise<"held" | "cancel_requested" | "lost"> {
  const { rows } = await db.pool.query<{ cancel_requested: boolean }>(
    `UPDATE jobs SET lease_expires_at = now() + make_interval(secs => $3)
     WHERE id = $1 AND attempt = $2 AND status = 'running' RETURNING cancel_requested`,
    [id, attempt, leaseSeconds],
  );
  if (!rows[0]) return "lost";
  return rows[0].cancel_requested ? "cancel_requested" : "held";
}

export async function finishJob(db: Database, claim: Claim, result: JobResult): Promise<boolean> {
  const { outcome, result_hash, engine, model_sha256 } = result;
  return end(db, claim, "finished", { outcome, result_hash, engine, model_sha256, error: null });
}

export async function failJob(db: Database, claim: Claim, error: JobError): Promise<boolean> {
  return end(db, claim, "failed", { ...NO_RESULT, error });
}

export async function cancelJob(db: Database, claim: Claim): Promise<boolean> {
  return end(db, claim, "cancelled", { ...NO_RESULT, error: null });
}

async function end(
  db: Database,
  { id, attempt }: Claim,
  status: "finished" | "failed" | "cancelled",
  end: { [K in keyof JobResult]: JobResult[K] | null } & { error: JobError | null },
): Promise<boolean> {
  const { rows } = await db.pool.query(
    `WITH ended AS (
       UPDATE jobs SET status = $3, outcome = $4, result_hash = $5, engine = $6, error = $7,
         model_sha256 = $8, finished_at = now(), lease_expires_at = NULL
       WHERE id = $1 AND attempt = $2 AND status = 'running' RETURNING id)
     SELECT pg_notify('job_ended', id) FROM ended`,
    [
      ...[id, attempt, status, end.outcome, end.result_hash],
      ...[stored(end.engine), stored(end.error), end.model_sha256],
    ],
  );
  return rows.length > 0;
}

const stored = (value: object | null) => (value === null ? null : JSON.stringify(value));

/**
 * Hands a running job back to the queue. Null where the attempt is stale, or the job was to be cancelled and
 * now is.
 *
 * @param lost whether its trainer was lost, which counts; a worker that stops in good order does not
 */
export async function releaseJob(
  db: Database,
  { id, attempt }: Claim,
  { lost }: { lost: boolean },
): Promise<Claim | null> {
  const { rows } = await db.pool.query<Claim & { status: string }>(
    `WITH released AS (
       UPDATE jobs SET lease_expires_at = NULL, worker_id = NULL, queued_at = now(),
         losses = losses + $3,
         status = CASE WHEN cancel_requested THEN 'cancelled' ELSE 'queued' END,
         finished_at = CASE WHEN cancel_requested THEN now() END
       WHERE id = $1 AND attempt = $2 AND status = 'running' RETURNING id, attempt, status),
     told AS (SELECT count(pg_notify('job_ended', id)) FROM released WHERE status = 'cancelled')
     SELECT id, attempt, status FROM released, told`,
    [id, attempt, lost ? 1 : 0],
  );
  const released = rows[0];
  return released?.status === "queued" ? { id, attempt } : null;
}

/** A queued job is cancelled at once; a running one is told so through its worker. */
export async function requestCancel(
  db: Database,
  jobId: string,
): Promise<"cancelled" | "requested" | "already_ended" | "not_found"> {
  const { rows } = await db.pool.query<{ status: string }>(
    `WITH changed AS (
       UPDATE jobs SET cancel_requested = true,
         status = CASE status WHEN 'queued' THEN 'cancelled' ELSE status END,
         finished_at = CASE status WHEN 'queued' THEN now() END
       WHERE id = $1 AND status IN ('queued', 'running') RETURNING id, status),
     told AS (
       SELECT pg_notify(CASE status WHEN 'cancelled' THEN 'job_ended' ELSE 'job_cancel' END, id) FROM changed)
     SELECT status FROM changed, told`,
    [jobId],
  );
  if (rows[0]) return rows[0].status === "cancelled" ? "cancelled" : "requested";
  const found = await db.pool.query("SELECT 1 FROM jobs WHERE id = $1", [jobId]);
  return found.rows.length > 0 ? "already_ended" : "not_found";
}

/** Running jobs whose worker has not renewed its lease: queued again, cancelled if asked, failed after too many losses. */
export async function takeBackExpired(
  db: Database,
  { limit, maxLosses }: { limit: number; maxLosses: number },
): Promise<{ requeued: Claim[]; failed: string[] }> {
  const { rows } = await db.pool.query<Claim & { status: string }>(
    `WITH expired AS (
       SELECT id FROM jobs WHERE status = 'running' AND lease_expires_at < now()
       ORDER BY lease_expires_at LIMIT $1 FOR UPDATE SKIP LOCKED),
     taken AS (
       UPDATE jobs SET lease_expires_at = NULL, worker_id = NULL, queued_at = now(),
         losses = losses + 1,
         status = CASE WHEN cancel_requested THEN 'cancelled' WHEN losses + 1 >= $2 THEN 'failed' ELSE 'queued' END,
         error = CASE WHEN NOT cancel_requested AND losses + 1 >= $2 THEN $3::jsonb END,
         finished_at = CASE WHEN cancel_requested OR losses + 1 >= $2 THEN now() END
       FROM expired WHERE jobs.id = expired.id RETURNING jobs.id, jobs.attempt, jobs.status),
     told AS (SELECT count(pg_notify('job_ended', id)) FROM taken WHERE status <> 'queued')
     SELECT id, attempt, status FROM taken, told`,
    [limit, maxLosses, JSON.stringify(LOST)],
  );
  return {
    requeued: rows
      .filter(({ status }) => status === "queued")
      .map(({ id, attempt }) => ({ id, attempt })),
    failed: rows.filter(({ status }) => status === "failed").map(({ id }) => id),
  };
}

/** Jobs that have been queued for so long that their delivery may be lost, oldest first. */
export async function listQueued(
  db: Database,
  { olderThanSeconds, limit }: { olderThanSeconds: number; limit: number },
): Promise<Claim[]> {
  const { rows } = await db.pool.query<Claim>(
    `SELECT id, attempt FROM jobs
     WHERE status = 'queued' AND queued_at <= now() - make_interval(secs => $1)
     ORDER BY created_at, id LIMIT $2`,
    [olderThanSeconds, limit],
  );
  return rows;
}
