import type { Job, JobSpec, JobWarning, ResolvedJob } from "@descent/contracts";
import { typeid } from "typeid-js";
import { type Database, inTransaction, type Queryable } from "./open-database.ts";
import { selectJobs } from "./read-jobs.ts";

export interface NewJob {
  spec: JobSpec;
  resolved: ResolvedJob;
  parameters: number;
  warnings: JobWarning[];
  idempotency?: { key: string; bodySha256: string };
}
export type Creation =
  | { result: "created" | "replayed"; job: Job }
  | { result: "key_reused" | "dataset_missing" };

/**
 * Records a queued job. With an idempotency key, the key, the answer and the job are committed together,
 * and a second request with the key waits for the first.
 */
export async function createJob(db: Database, job: NewJob): Promise<Creation> {
  return inTransaction(db, async (client) => {
    const { idempotency, spec, resolved } = job;
    if (idempotency) {
      const first = await firstAnswer(client, idempotency);
      if (first) return first;
    }
    const dataset = await client.query(
      "SELECT 1 FROM datasets WHERE id = $1 AND deleted_at IS NULL AND status = 'ready' FOR SHARE",
      [resolved.dataset.id],
    );
    if (dataset.rows.length === 0) return { result: "dataset_missing" };
    const id = typeid("job").toString();
    await client.query(
      `INSERT INTO jobs (id, name, dataset_id, spec, resolved, rule, parameters, warnings, tags)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        id,
        spec.name ?? null,
        resolved.dataset.id,
        JSON.stringify(spec),
        JSON.stringify(resolved),
        resolved.optimizer.rule,
        job.parameters,
        JSON.stringify(job.warnings),
        JSON.stringify(spec.tags ?? {}),
      ],
    );
    const [created] = await selectJobs(client, "jobs.id = $1", [id]);
    if (idempotency)
      await client.query(
        "INSERT INTO idempotency_keys (key, body_sha256, answer) VALUES ($1, $2, $3)",
        [idempotency.key, idempotency.bodySha256, JSON.stringify(created)],
      );
    return { result: "created", job: created as Job };
  });
}

async function firstAnswer(
  client: Queryable,
  { key, bodySha256 }: NonNullable<NewJob["idempotency"]>,
): Promise<Creation | null> {
  // The lock makes requests with one key stand in line until the transaction ends.
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", [key]);
  const { rows } = await client.query<{ body_sha256: string; answer: Job }>(
    "SELECT body_sha256, answer FROM idempotency_keys WHERE key = $1",
    [key],
  );
  const first = rows[0];
  if (!first) return null;
  if (first.body_sha256 !== bodySha256) return { result: "key_reused" };
  return { result: "replayed", job: first.answer };
}
