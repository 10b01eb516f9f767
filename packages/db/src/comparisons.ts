import {
  type ComparisonRequest,
  type Curves,
  METRICS,
  type Metric,
  type ResolvedJob,
} from "@descent/contracts";
import type { Database } from "./open-database.ts";

/** One job as a comparison sees it. */
export interface Run {
  id: string;
  name: string | null;
  status: string;
  outcome: string | null;
  resolved: ResolvedJob;
  parameters: number;
  tags: Record<string, string>;
  /** The best or the last finite value of the metric; null where there is none. */
  value: number | null;
  /** The first epoch that met the target, and the seconds until its end; null where none did. */
  epochsToTarget: number | null;
  secondsToTarget: number | null;
}

/** The jobs that a comparison is about, oldest first. */
export async function selectRuns(db: Database, request: ComparisonRequest): Promise<Run[]> {
  const { filter, metric, target, select = "best" } = request;
  const maximize = METRICS[metric] === "maximize";
  const column = select === "last" ? "last" : maximize ? "max" : "min";
  const { rows } = await db.pool.query<Run>(
    `SELECT jobs.id, name, status, outcome, resolved, parameters, tags, ${column} AS value,
       reached.epoch AS "epochsToTarget", spent.seconds AS "secondsToTarget"
     FROM jobs
     LEFT JOIN metric_summaries ON job_id = jobs.id AND series = $1
     LEFT JOIN LATERAL (
       SELECT min(epoch) AS epoch FROM epochs
       WHERE job_id = jobs.id AND series = $1 AND value ${maximize ? ">=" : "<="} $2::float8) AS reached ON $2::float8 IS NOT NULL
     LEFT JOIN LATERAL (
       SELECT sum(value) AS seconds FROM epochs
       WHERE job_id = jobs.id AND series = 'seconds' AND epoch <= reached.epoch) AS spent ON reached.epoch IS NOT NULL
     WHERE tags @> $3 AND ($4::text[] IS NULL OR jobs.id = ANY($4))
       AND ($5::text IS NULL OR dataset_id = $5) AND ($6::text IS NULL OR status = $6)
     ORDER BY created_at, jobs.id`,
    [
      metric,
      target ?? null,
      JSON.stringify(filter.tags ?? {}),
      filter.jobs ?? null,
      filter.dataset ?? null,
      filter.status ?? null,
    ],
  );
  return rows;
}

/** The curves of one metric over the same epochs; a job that does not exist has no curve. */
export async function selectCurves(
  db: Database,
  jobIds: string[],
  metric: Metric,
): Promise<Curves> {
  const { rows } = await db.pool.query<{ id: string; epochs: number[]; values: (number | null)[] }>(
    `SELECT jobs.id, coalesce(array_agg(epoch ORDER BY epoch) FILTER (WHERE epoch IS NOT NULL), '{}') AS epochs,
       coalesce(array_agg(value ORDER BY epoch) FILTER (WHERE epoch IS NOT NULL), '{}') AS values
     FROM jobs LEFT JOIN epochs ON job_id = jobs.id AND series = $2
     WHERE jobs.id = ANY($1) GROUP BY jobs.id`,
    [jobIds, metric],
  );
  const last = rows.reduce((most, row) => Math.max(most, row.epochs.at(-1) ?? 0), 0);
  const epochs = Array.from({ length: last }, (_, index) => index + 1);
  const curves = jobIds.flatMap((id) => {
    const row = rows.find((each) => each.id === id);
    if (!row) return [];
    const values = new Map(row.epochs.map((epoch, index) => [epoch, row.values[index] ?? null]));
    return [{ job: id, values: epochs.map((epoch) => values.get(epoch) ?? null) }];
  });
  return { metric, epochs, curves };
}
