import { randomInt } from "node:crypto";
import {
  DEFAULT_PAGE,
  Job,
  JobSpec,
  ListJobsQuery,
  MAX_SEED,
  page,
  text,
  ValidatedJob,
} from "@descent/contracts";
import {
  createJob,
  getDataset,
  getJob,
  getUploadedModel,
  listJobs,
  requestCancel,
} from "@descent/db";
import type { FastifyBaseLogger } from "fastify";
import { Type } from "typebox";
import type { App, AppSettings, Parts } from "../app.ts";
import { findOwnRule } from "../find-own-rule.ts";
import { IdempotencyHeaders, idempotencyOf } from "../idempotency.ts";
import { problems } from "../openapi/responses.ts";
import { faulty, problem } from "../problem/problem-error.ts";
import { refuseBulk } from "../problem/refuse-bulk.ts";
import { resolveJob } from "../resolve-job/resolve-job.ts";
import { resolveOptimizer } from "../resolve-job/resolve-optimizer.ts";
import { waitForJob } from "../wait-for-job.ts";
import { within } from "../within.ts";

const Id = Type.Object({ id: text(100, { description: "Of the job, job_…" }) });
const tags = ["jobs"];
const MAX_WAIT_SECONDS = 60;
/** A queue that does not answer costs a POST no more than this; the sweeper delivers later. */
const DELIVER_MS = 1000;

export function jobRoutes(app: App, parts: Parts, settings: AppSettings): void {
  app.post(
    "/v1/jobs",
    {
      preValidation: async ({ body }) => refuseBulk(body),
      schema: {
        operationId: "createJob",
        summary: "Train a model",
        description:
          "Answers at once; a worker trains. With `validate_only=true` it answers what would run, and creates nothing. With an `Idempotency-Key`, sending the same body again answers the first job.",
        tags,
        querystring: Type.Object(
          { validate_only: Type.Optional(Type.Boolean()) },
          { additionalProperties: false },
        ),
        headers: IdempotencyHeaders,
        body: JobSpec,
        response: {
          200: ValidatedJob,
          202: Job,
          ...problems(
            "malformed_json",
            "body_too_large",
            "unsupported_media_type",
            "invalid_job",
            "dataset_not_ready",
            "idempotency_key_reused",
          ),
        },
      },
    },
    async (request, reply) => {
      const { body: spec, query } = request;
      const { resolved, parameters, warnings } = await resolve(parts, spec, settings);
      if (query.validate_only) return reply.send({ valid: true, resolved, parameters, warnings });
      const creation = await createJob(parts.db, {
        spec,
        resolved,
        parameters,
        warnings,
        ...idempotencyOf(request),
      });
      if (!("job" in creation)) {
        if (creation.result === "dataset_missing") throw faulty("invalid_job", [noDataset(spec)]);
        if (creation.result === "rule_missing") throw faulty("invalid_job", [ruleGone(spec)]);
        if (creation.result === "model_missing") throw faulty("invalid_job", [modelGone]);
        throw problem("idempotency_key_reused", "use a fresh key for another job");
      }
      const { job } = creation;
      if (creation.result === "created") await deliver(parts, job, request.log);
      return reply.code(202).header("location", `/v1/jobs/${job.id}`).send(job);
    },
  );

  app.get(
    "/v1/jobs",
    {
      schema: {
        operationId: "listJobs",
        summary: "Jobs, newest first",
        description: "`tag.<key>=<value>` filters by tag, as in `?tag.experiment=first`.",
        tags,
        querystring: ListJobsQuery,
        response: { 200: page(Job), ...problems("invalid_cursor") },
      },
    },
    async ({ query }) => {
      const { limit = DEFAULT_PAGE, cursor, status, rule, dataset, sort, ...rest } = query;
      const filter = { limit, cursor, status, rule, dataset, sort, tags: tagsOf(rest) };
      return listJobs(parts.db, filter);
    },
  );

  app.get(
    "/v1/jobs/:id",
    {
      handlerTimeout: (MAX_WAIT_SECONDS + 15) * 1000,
      schema: {
        operationId: "getJob",
        summary: "One job",
        description:
          "With `wait`, answers when the job has ended, or after so many seconds as it is then.",
        tags,
        params: Id,
        querystring: Type.Object(
          { wait: Type.Optional(Type.Number({ minimum: 0, maximum: MAX_WAIT_SECONDS })) },
          { additionalProperties: false },
        ),
        response: { 200: Job, ...problems("job_not_found") },
      },
    },
    async ({ params: { id }, query: { wait = 0 } }, reply) => {
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      const job = await waitForJob(parts, id, wait, gone.signal);
      if (!job) throw jobNotFound(id);
      return job;
    },
  );

  app.post(
    "/v1/jobs/:id/cancel",
    {
      schema: {
        operationId: "cancelJob",
        summary: "Cancel a job",
        description: "A queued job is cancelled at once, a running one within about a second.",
        tags,
        params: Id,
        response: { 202: Job, ...problems("job_not_found", "job_already_ended") },
      },
    },
    async ({ params: { id } }, reply) => {
      const result = await requestCancel(parts.db, id);
      const job = result === "not_found" ? null : await getJob(parts.db, id);
      if (!job) throw jobNotFound(id);
      if (result === "already_ended")
        throw problem("job_already_ended", `the job is ${job.status}; there is nothing to cancel`);
      return reply.code(202).send(job);
    },
  );
}

/** The job with every value that runs. @throws ProblemError with all that is wrong with it */
async function resolve({ db }: Parts, spec: JobSpec, { maxParameters, maxThreads }: AppSettings) {
  const [dataset, ownRule, upload] = await Promise.all([
    getDataset(db, spec.dataset.id),
    findOwnRule(db, spec.optimizer),
    "id" in spec.model ? getUploadedModel(db, spec.model.id) : null,
  ]);
  if (!dataset) {
    const faults = [noDataset(spec)];
    const unknown = { epochs: spec.epochs, batchesPerEpoch: null, tensors: null, metrics: null };
    resolveOptimizer(spec.optimizer, ownRule, unknown, faults);
    throw faulty("invalid_job", faults);
  }
  const { status, rows, columns, shape } = dataset;
  if (status !== "ready" || rows === null)
    throw problem("dataset_not_ready", `the data set ${dataset.id} is ${status}`, {
      errors: [{ pointer: "/dataset/id", message: `is ${status}` }],
    });
  const limits = { maxParameters, maxThreads, drawSeed: () => randomInt(MAX_SEED + 1) };
  const profile = { rows, columns, shape };
  const resolution = resolveJob(spec, { profile, ownRule, upload }, limits);
  if (resolution.faults) throw faulty("invalid_job", resolution.faults);
  return resolution;
}

/** The row is the outbox: where delivering fails, the job is queued all the same and the sweeper delivers it. */
async function deliver(
  { queue }: Parts,
  { id, attempt }: Job,
  log: FastifyBaseLogger,
): Promise<void> {
  try {
    await within(DELIVER_MS, "the queue", queue.deliver(id, attempt));
  } catch (err) {
    log.error({ err, job: id }, "not delivered; the sweeper will do it");
  }
}

function tagsOf(query: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => [name.slice("tag.".length), String(value)]),
  );
}

const noDataset = ({ dataset }: JobSpec) => ({
  pointer: "/dataset/id",
  message: `there is no data set ${dataset.id}`,
});

const ruleGone = ({ optimizer }: JobSpec) => ({
  pointer: "/optimizer/rule",
  message: `the rule "${optimizer.rule}" has just been deleted`,
});

const modelGone = { pointer: "/model/id", message: "the model has just been deleted" };

export function jobNotFound(id: string) {
  return problem("job_not_found", `there is no job ${id}`);
}
