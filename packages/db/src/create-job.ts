import {
  CUSTOM,
  type Job,
  type JobSpec,
  type JobWarning,
  type ResolvedJob,
} from "@descent/contracts";
import { typeid } from "typeid-js";
import { firstAnswer, type Idempotency, keepAnswer } from "./idempotency.ts";
import { type Database, inTransaction, type Queryable } from "./open-database.ts";
import { selectJobs } from "./read-jobs.ts";

export interface NewJob {
  spec: JobSpec;
  resolved: ResolvedJob;
  parameters: number;
  warnings: JobWarning[];
  idempotency?: Idempotency;
}
export type Creation =
  | { result: "created" | "replayed"; job: Job }
  | { result: "key_reused" | "dataset_missing" | "rule_missing" | "model_missing" };

/**
 * Records a queued job. With an idempotency key, the key, the answer and the job are committed together,
 * and a second request with the key waits for the first. The data set, a rule of the user's own and an
 * uploaded model stay locked until the job is there, so that nobody deletes them in between.
 */
export async function createJob(db: Database, job: NewJob): Promise<Creation> {
  return inTransaction(db, async (client) => {
    const { idempotency, spec, resolved } = job;
    if (idempotency) {
      const first = await firstAnswer<Job>(client, idempotency);
      if (first?.result === "replayed") return { result: "replayed", job: first.answer };
      if (first) return first;
    }
    const dataset = await client.query(
      "SELECT 1 FROM datasets WHERE id = $1 AND deleted_at IS NULL AND status = 'ready' FOR SHARE",
      [resolved.dataset.id],
    );
    if (dataset.rows.length === 0) return { result: "dataset_missing" };
    const customRule = resolved.optimizer.convention === CUSTOM ? resolved.optimizer.rule : null;
    if (customRule !== null && !(await lockRule(client, customRule, resolved.rule_text)))
      return { result: "rule_missing" };
    const modelId = "id" in resolved.model ? resolved.model.id : null;
    if (modelId !== null && !(await lockModel(client, modelId))) return { result: "model_missing" };
    const id = typeid("job").toString();
    await client.query(
      `INSERT INTO jobs (id, name, dataset_id, model_id, spec, resolved, rule, custom_rule, parameters, warnings, tags)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        id,
        spec.name ?? null,
        resolved.dataset.id,
        modelId,
        JSON.stringify(spec),
        JSON.stringify(resolved),
        resolved.optimizer.rule,
        customRule,
        job.parameters,
        JSON.stringify(job.warnings),
        JSON.stringify(spec.tags ?? {}),
      ],
    );
    const [created] = await selectJobs(client, "jobs.id = $1", [id]);
    if (idempotency) await keepAnswer(client, idempotency, created as Job);
    return { result: "created", job: created as Job };
  });
}

/** Whether the rule is there with the very text that the job was resolved with. */
async function lockRule(client: Queryable, name: string, text: string | null): Promise<boolean> {
  const { rows } = await client.query(
    "SELECT 1 FROM optimizers WHERE name = $1 AND text = $2 FOR SHARE",
    [name, text],
  );
  return rows.length > 0;
}

async function lockModel(client: Queryable, id: string): Promise<boolean> {
  const { rows } = await client.query(
    "SELECT 1 FROM models WHERE id = $1 AND deleted_at IS NULL FOR SHARE",
    [id],
  );
  return rows.length > 0;
}
