import {
  type Comparison,
  type ComparisonRequest,
  type JobStatus,
  METRICS,
  type ResolvedJob,
} from "@descent/contracts";
import { type Database, type Run as JobRun, selectRuns } from "@descent/db";
import { type Run, summariseGroups } from "@descent/statistics";
import { problem } from "../problem/problem-error.ts";
import { readGroupField } from "./read-group-field.ts";

/** What is compared when the request does not say: optimizers. */
const DEFAULT_GROUPING = ["optimizer.rule"];

/** Answers a comparison from what is stored. @throws ProblemError where a job named does not exist */
export async function compareJobs(db: Database, request: ComparisonRequest): Promise<Comparison> {
  const { metric, target = null, select = "best", group_by = DEFAULT_GROUPING } = request;
  const runs = await selectRuns(db, request);
  await refuseUnknownJobs(db, request, runs);
  return summariseGroups(
    runs.map((run) => asRun(run, group_by)),
    { metric, direction: METRICS[metric], select, target },
  );
}

function asRun(run: JobRun, groupBy: readonly string[]): Run {
  const { resolved, value, epochsToTarget, secondsToTarget } = run;
  const { id, target, features, validation_fraction } = resolved.dataset;
  return {
    job: run.id,
    key: Object.fromEntries(groupBy.map((field) => [field, readGroupField(run, field)])),
    status: run.status as JobStatus,
    diverged: run.outcome === "diverged",
    value,
    seed: resolved.seed,
    epochs: resolved.epochs,
    // Not the split's seed: a study may vary it with the seed, to average over splits as well.
    dataset: JSON.stringify([id, target, features, validation_fraction]),
    model: JSON.stringify([resolved.model, resolved.loss, resolved.penalty]),
    optimizer: settingsOf(resolved),
    epochsToTarget,
    secondsToTarget,
  };
}

/** What the optimizer is and how it is set, field by field; its own text stands for a user's rule. */
function settingsOf({ optimizer, rule_text }: ResolvedJob): Record<string, string> {
  const fields = Object.entries({ ...optimizer, ...(rule_text ? { text: rule_text } : {}) });
  return Object.fromEntries(fields.map(([name, value]) => [name, JSON.stringify(value)]));
}

/** A job named but not there would silently be missing from the answer. */
async function refuseUnknownJobs(
  db: Database,
  { filter: { jobs }, metric }: ComparisonRequest,
  runs: readonly JobRun[],
): Promise<void> {
  if (jobs === undefined || runs.length === new Set(jobs).size) return;
  const existing = await selectRuns(db, { filter: { jobs }, metric });
  const known = new Set(existing.map(({ id }) => id));
  const errors = jobs.flatMap((id, index) =>
    known.has(id) ? [] : [{ pointer: `/filter/jobs/${index}`, message: `there is no job ${id}` }],
  );
  if (errors.length > 0)
    throw problem("job_not_found", `${errors.length} of the jobs named do not exist`, {
      errors: errors.slice(0, 100),
    });
}
