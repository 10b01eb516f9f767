import { setTimeout as pause } from "node:timers/promises";
import { ENDED_STATUSES, type Job } from "@descent/contracts";
import { type Api, callApi } from "./call-api.ts";
import { showProgress } from "./show-progress.ts";

const EVERY_MS = 150;

/** Shows the jobs' progress until all have ended. @returns the jobs as they ended */
export async function followJobs(
  api: Api,
  posted: Job[],
  experiment: string,
  out: NodeJS.WriteStream,
  signal: AbortSignal,
): Promise<Job[]> {
  const progress = showProgress(out, posted);
  const path = `/v1/jobs?tag.experiment=${encodeURIComponent(experiment)}&sort=created_at`;
  try {
    for (;;) {
      const { data: jobs } = await callApi<{ data: Job[] }>(api, "GET", path);
      progress.update(jobs);
      if (jobs.every(hasEnded)) return jobs;
      await pause(EVERY_MS, null, { signal });
    }
  } finally {
    progress.stop();
  }
}

function hasEnded({ status }: Job): boolean {
  return ENDED_STATUSES.some((ended) => ended === status);
}
