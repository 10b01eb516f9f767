import { rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Dataset, FileProblem } from "@descent/contracts";
import { InspectorBusy, type InspectRequest } from "@descent/datasets";
import {
  createDataset,
  markDatasetInvalid,
  markDatasetReady,
  type NewDataset,
  touchValidatingDataset,
} from "@descent/db";
import type { FastifyBaseLogger } from "fastify";
import type { Parts } from "../app.ts";
import { pointerStep } from "../problem/pointer.ts";
import { problem } from "../problem/problem-error.ts";

/** An upload lies in temporary files; `keep` is the one that becomes the data set's blob, if any. */
export interface Upload {
  dataset: Omit<NewDataset, "ready">;
  inspect: InspectRequest;
  keep: string | null;
}
type Outcome =
  | { ok: true; ready: NonNullable<NewDataset["ready"]> }
  | { ok: false; problems: FileProblem[] };

/** Much shorter than the time after which the sweeper gives a silent validation up. */
const TOUCH_EVERY_MS = 5_000;

/**
 * Inspects an upload and records the data set: ready, or still validating when that takes long.
 *
 * @param answerAfterMs a validation that takes longer is answered 202 and goes on
 * @param discard removes the upload's temporary files; called once when they are done with
 * @throws ProblemError when the file cannot be used (nothing is recorded then), or too many wait
 */
export async function validateUpload(
  parts: Parts,
  upload: Upload,
  { log, answerAfterMs }: { log: FastifyBaseLogger; answerAfterMs: number },
  discard: () => Promise<void>,
): Promise<Dataset> {
  const inspecting = inspectUpload(parts, upload).finally(discard);
  const timer = new AbortController();
  const late = delay(answerAfterMs, null, { signal: timer.signal }).catch(() => null);
  const outcome = await Promise.race([inspecting, late]).finally(() => timer.abort());
  if (outcome === null) {
    const dataset = await createDataset(parts.db, upload.dataset);
    const finishing = finishLater(parts, dataset.id, inspecting, log);
    parts.validations.add(finishing);
    void finishing.finally(() => parts.validations.delete(finishing));
    return dataset;
  }
  if (!outcome.ok) throw unusable(outcome.problems);
  return createDataset(parts.db, { ...upload.dataset, ready: outcome.ready });
}

async function inspectUpload(
  { inspector, storage }: Parts,
  { inspect, keep }: Upload,
): Promise<Outcome> {
  const tablePath = storage.temporaryPath();
  try {
    const result = await inspector.inspect(inspect, tablePath);
    if (!result.ok) return result;
    const { sha256: tableSha256 } = await storage.putFile(tablePath);
    if (keep !== null) await storage.putFile(keep);
    return { ok: true, ready: { profile: result.profile, tableSha256 } };
  } catch (error) {
    if (error instanceof InspectorBusy)
      throw problem("unavailable", error.message, { headers: { "retry-after": "10" } });
    throw error;
  } finally {
    await rm(tablePath, { force: true });
  }
}

/** Goes on after the answer. Touching says to the sweeper that somebody still does. Never rejects. */
async function finishLater(
  { db }: Parts,
  id: string,
  inspecting: Promise<Outcome>,
  log: FastifyBaseLogger,
): Promise<void> {
  const touching = setInterval(() => {
    touchValidatingDataset(db, id).catch((err) =>
      log.warn({ err, dataset: id }, "could not touch"),
    );
  }, TOUCH_EVERY_MS);
  try {
    const outcome = await inspecting.catch((err): Outcome => {
      log.error({ err, dataset: id }, "validation failed");
      const message = "the validation was interrupted; upload the file again";
      return { ok: false, problems: [{ row: 0, column: null, message }] };
    });
    if (outcome.ok) await markDatasetReady(db, id, outcome.ready);
    else await markDatasetInvalid(db, id, outcome.problems);
  } catch (err) {
    log.error({ err, dataset: id }, "could not record the validation; the sweeper will give it up");
  } finally {
    clearInterval(touching);
  }
}

function unusable(problems: FileProblem[]) {
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  return problem("invalid_dataset", `${first?.message ?? "the file cannot be used"}${more}`, {
    problems,
    errors: problems.map(({ row, column, message }) => ({ pointer: place(row, column), message })),
  });
}

/** `/rows/17/age`; what is about a whole column, row or the file points there. */
function place(row: number, column: string | null): string {
  const step = column === null ? "" : `/${pointerStep(column)}`;
  if (row > 0) return `/rows/${row}${step}`;
  return column === null ? "" : `/columns${step}`;
}
