import type { Comparison, ComparisonRequest } from "@descent/contracts";
import { type Api, callApi } from "./call-api.ts";
import { drawComparison } from "./draw-comparison.ts";
import { followJobs } from "./follow-jobs.ts";
import { EPOCHS, postJobs, uploadDigits } from "./post-jobs.ts";

/**
 * Trains the digits with the textbook's eight optimizers and compares them, only over HTTP.
 *
 * @param laterUrl where the service will be when the reader tries the lines printed last
 * @throws Error when a job does not finish
 */
export async function runDemo(
  api: Api,
  laterUrl: string,
  out: NodeJS.WriteStream,
  signal: AbortSignal,
): Promise<void> {
  const dataset = await uploadDigits(api);
  out.write(
    `Uploaded the data set: ${dataset.rows} handwritten digits of 8x8 pixels (${dataset.id}).\n`,
  );

  const experiment = `demo-${new Date().toISOString().replace(/[:.]/g, "-")}`;
  const posted = await postJobs(api, dataset, experiment);
  out.write(`Posted ${posted.length} jobs of ${EPOCHS} epochs each:\n`);
  const jobs = await followJobs(api, posted, experiment, out, signal);
  const unfinished = jobs.find(({ status }) => status !== "finished");
  if (unfinished) {
    const reason = unfinished.error ? `: ${unfinished.error.message}` : "";
    throw new Error(`The job ${unfinished.id} is ${unfinished.status}${reason}`);
  }

  const request: ComparisonRequest = {
    filter: { tags: { experiment } },
    metric: "val_accuracy",
    target: 0.95,
    group_by: ["optimizer.rule"],
  };
  const comparison = await callApi<Comparison>(api, "POST", "/v1/comparisons", request);
  out.write(`\n${drawComparison(comparison)}\n`);

  const bearer = api.key === null ? "" : ' -H "authorization: Bearer $API_KEY"';
  out.write(`
Ask again while the service runs:
  curl -s${bearer} '${laterUrl}/v1/jobs?tag.experiment=${experiment}'
  curl -s${bearer} ${laterUrl}/v1/jobs/${jobs[0]?.id}/epochs
  curl -s${bearer} ${laterUrl}/v1/comparisons -H 'content-type: application/json' -d '${JSON.stringify(request)}'
`);
}
