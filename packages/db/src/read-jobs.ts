import type { Column, Job, JobStatus, Outcome, ResolvedJob } from "@descent/contracts";
import { METRIC_NAMES } from "@descent/contracts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import type { Database, Queryable } from "./open-database.ts";

interface Row
  extends Omit<Job, "progress" | "queue" | "created_at" | "started_at" | "finished_at"> {
  epochs_done: number;
  elapsed: number | null;
  jobs_ahead: number | null;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
}

/** How many queued jobs stand before a job: counted for one, numbered once for a page of many. */
const AHEAD = {
  one: `LATERAL (
       SELECT count(*)::int AS ahead FROM jobs AS other
       WHERE other.status = 'queued' AND (other.created_at, other.id) < (jobs.created_at, jobs.id)
     ) AS waiting ON status = 'queued'`,
  many: `(
       SELECT id, (row_number() OVER (ORDER BY created_at, id) - 1)::int AS ahead
       FROM jobs WHERE status = 'queued'
     ) AS waiting ON waiting.id = jobs.id`,
};

/** Jobs as the API shows them, in one statement: their summaries and their places in the queue with them. */
export async function selectJobs(
  db: Queryable,
  where: string,
  parameters: unknown[],
  { tail = "", ahead = "one" }: { tail?: string; ahead?: keyof typeof AHEAD } = {},
): Promise<Job[]> {
  const { rows } = await db.query<Row>(
    `SELECT jobs.id, jobs.name, status, outcome, attempt, spec, resolved, parameters, warnings, tags,
       cancel_requested, epochs_done, error, result_hash, engine, created_at, started_at, finished_at,
       EXTRACT(EPOCH FROM now() - started_at)::float8 AS elapsed,
       waiting.ahead AS jobs_ahead,
       coalesce((
         SELECT jsonb_object_agg(series, jsonb_build_object(
           'last', last, 'min', min, 'min_epoch', min_epoch, 'max', max, 'max_epoch', max_epoch))
         FROM metric_summaries WHERE job_id = jobs.id AND series = ANY('{${METRIC_NAMES.join(",")}}')), '{}') AS summary
     FROM jobs
     LEFT JOIN ${AHEAD[ahead]}
     WHERE ${where} ${tail}`,
    parameters,
  );
  return rows.map(shown);
}

export async function getJob(db: Database, id: string): Promise<Job | null> {
  if (id.includes("\u0000")) return null; // no text of PostgreSQL holds it
  return (await selectJobs(db.pool, "jobs.id = $1", [id]))[0] ?? null;
}

/** What a request for a job's model needs to know. */
export interface FoundModel {
  status: JobStatus;
  outcome: Outcome | null;
  sha256: string | null;
  resolved: ResolvedJob;
  /** Of the job's data set, deleted or not. */
  columns: Column[];
  shape: number[] | null;
}

export async function findModel(db: Database, id: string): Promise<FoundModel | null> {
  if (id.includes("\u0000")) return null;
  const { rows } = await db.pool.query<FoundModel>(
    `SELECT jobs.status, outcome, model_sha256 AS sha256, resolved, columns, shape
     FROM jobs JOIN datasets ON datasets.id = dataset_id WHERE jobs.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

export interface JobFilter {
  limit: number;
  cursor?: string | undefined;
  status?: string | undefined;
  rule?: string | undefined;
  dataset?: string | undefined;
  tags?: Record<string, string>;
  sort?: "-created_at" | "created_at" | undefined;
}

export async function listJobs(
  db: Database,
  { limit, cursor, status, rule, dataset, tags = {}, sort = "-created_at" }: JobFilter,
): Promise<{ data: Job[]; next_cursor: string | null }> {
  const [order, beyond] = sort === "created_at" ? ["ASC", ">"] : ["DESC", "<"];
  const [instant, id] =
    cursor === undefined ? [null, null] : decodeCursor(cursor, ["instant", "string"]);
  const jobs = await selectJobs(
    db.pool,
    `($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR rule = $2)
     AND ($3::text IS NULL OR dataset_id = $3) AND tags @> $4
     AND ($5::timestamptz IS NULL OR (created_at, jobs.id) ${beyond} ($5::timestamptz, $6::text))`,
    [status ?? null, rule ?? null, dataset ?? null, JSON.stringify(tags), instant, id, limit + 1],
    { tail: `ORDER BY created_at ${order}, jobs.id ${order} LIMIT $7`, ahead: "many" },
  );
  const data = jobs.slice(0, limit);
  const last = data.at(-1);
  const more = jobs.length > limit && last;
  return { data, next_cursor: more ? encodeCursor([last.created_at, last.id]) : null };
}

function shown({ epochs_done, elapsed, jobs_ahead, ...row }: Row): Job {
  const { epochs } = row.resolved;
  const running = row.status === "running" && epochs_done > 0 && elapsed !== null;
  return {
    ...row,
    progress: {
      epoch: epochs_done,
      epochs,
      fraction: row.status === "finished" ? 1 : epochs_done / epochs,
      eta_seconds: running ? (elapsed / epochs_done) * (epochs - epochs_done) : null,
    },
    queue: jobs_ahead === null ? null : { jobs_ahead },
    created_at: row.created_at.toISOString(),
    started_at: row.started_at?.toISOString() ?? null,
    finished_at: row.finished_at?.toISOString() ?? null,
  };
}
