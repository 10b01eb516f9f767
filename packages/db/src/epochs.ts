import { type Epoch, type EpochRecord, SERIES_NAMES, type Series } from "@descent/contracts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import type { Claim } from "./jobs.ts";
import type { Database } from "./open-database.ts";

/**
 * Records epochs under their attempt, in one statement: the fence (the attempt still runs), the rows, and
 * the summaries. Doubles travel as float8[], which keeps every bit; JSON and createMany round some.
 * Recording an epoch again changes nothing.
 *
 * @returns false where the attempt is stale, and nothing was written
 */
export async function recordEpochs(
  db: Database,
  { id, attempt }: Claim,
  epochs: readonly EpochRecord[],
): Promise<boolean> {
  if (epochs.length === 0) return true;
  const rows = epochs.flatMap(({ epoch, values }) =>
    SERIES_NAMES.filter((series) => values[series] !== undefined).map((series) => ({
      epoch,
      series,
      value: values[series] as number,
    })),
  );
  const done = Math.max(...epochs.map(({ epoch }) => epoch));
  const { rows: fenced } = await db.pool.query(
    `WITH fence AS (
       UPDATE jobs SET epochs_done = greatest(epochs_done, $3)
       WHERE id = $1 AND attempt = $2 AND status = 'running' RETURNING id),
     recorded AS (
       INSERT INTO epochs (job_id, series, epoch, attempt, value, kind)
       SELECT fence.id, given.series, given.epoch, $2, given.value, given.kind
       FROM fence, unnest($4::text[], $5::int[], $6::float8[], $7::text[]) AS given(series, epoch, value, kind)
       ON CONFLICT (job_id, series, epoch) DO NOTHING
       RETURNING series, epoch, value),
     finite AS (
       SELECT series,
         (array_agg(value ORDER BY epoch DESC))[1] AS last,
         min(value) AS min, (array_agg(epoch ORDER BY value, epoch) FILTER (WHERE value IS NOT NULL))[1] AS min_epoch,
         max(value) AS max, (array_agg(epoch ORDER BY value DESC, epoch) FILTER (WHERE value IS NOT NULL))[1] AS max_epoch
       FROM recorded GROUP BY series),
     summarised AS (
       INSERT INTO metric_summaries AS old (job_id, series, last, min, min_epoch, max, max_epoch)
       SELECT $1, series, last, min, min_epoch, max, max_epoch FROM finite
       ON CONFLICT (job_id, series) DO UPDATE SET last = excluded.last,
         min = least(old.min, excluded.min),
         min_epoch = CASE WHEN old.min IS NULL OR excluded.min < old.min THEN excluded.min_epoch ELSE old.min_epoch END,
         max = greatest(old.max, excluded.max),
         max_epoch = CASE WHEN old.max IS NULL OR excluded.max > old.max THEN excluded.max_epoch ELSE old.max_epoch END)
     SELECT 1 FROM fence`,
    [
      id,
      attempt,
      done,
      rows.map(({ series }) => series),
      rows.map(({ epoch }) => epoch),
      rows.map(({ value }) => (Number.isFinite(value) ? value : null)),
      rows.map(({ value }) => kindOf(value)),
    ],
  );
  return fenced.length > 0;
}

type Kind = "nan" | "infinity" | "-infinity";

function kindOf(value: number): Kind | null {
  if (Number.isFinite(value)) return null;
  if (Number.isNaN(value)) return "nan";
  return value > 0 ? "infinity" : "-infinity";
}

export async function listEpochs(
  db: Database,
  jobId: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ data: Epoch[]; next_cursor: string | null }> {
  const after = cursor === undefined ? 0 : Number(decodeCursor(cursor, ["number"])[0]);
  const { rows } = await db.pool.query<{
    epoch: number;
    values: { series: Series; value: number | null; kind: Kind | null }[];
  }>(
    `SELECT epoch, jsonb_agg(jsonb_build_object('series', series, 'value', value, 'kind', kind)) AS values
     FROM epochs WHERE job_id = $1 AND epoch > $2 GROUP BY epoch ORDER BY epoch LIMIT $3`,
    [jobId, after, limit + 1],
  );
  const data = rows.slice(0, limit).map(({ epoch, values }) => {
    const shown: Record<string, unknown> = { epoch };
    const nonFinite: Record<string, Kind> = {};
    for (const { series, value, kind } of values) {
      shown[series] = value;
      if (kind !== null) nonFinite[series] = kind;
    }
    if (Object.keys(nonFinite).length > 0) shown.non_finite = nonFinite;
    return shown as Epoch;
  });
  const last = data.at(-1);
  return { data, next_cursor: rows.length > limit && last ? encodeCursor([last.epoch]) : null };
}
