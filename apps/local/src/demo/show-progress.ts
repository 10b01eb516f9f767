import type { Job } from "@descent/contracts";
import cliProgress, { type Bar } from "cli-progress";

/** Shows how far jobs are: `update` as often as something is known, `stop` at the end. */
export interface Progress {
  update(jobs: Job[]): void;
  stop(): void;
}

/** A live bar per job in a terminal, a line per change of status elsewhere. */
export function showProgress(out: NodeJS.WriteStream, jobs: Job[]): Progress {
  return out.isTTY ? showBars(out, jobs) : writeLines(out);
}

function showBars(out: NodeJS.WriteStream, jobs: Job[]): Progress {
  const multi = new cliProgress.MultiBar({
    format: "  {name} {bar} {value}/{total} epochs  {note}",
    stream: out,
    barsize: 30,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: true,
  });
  const width = Math.max(...jobs.map((job) => nameOf(job).length));
  const bars = new Map<string, Bar>();
  for (const job of jobs) {
    const payload = { name: nameOf(job).padEnd(width), note: noteOn(job) };
    bars.set(job.id, multi.create(job.progress.epochs, 0, payload));
  }
  return {
    update(now) {
      for (const job of now) bars.get(job.id)?.update(job.progress.epoch, { note: noteOn(job) });
    },
    stop: () => multi.stop(),
  };
}

function writeLines(out: NodeJS.WriteStream): Progress {
  const shown = new Map<string, string>();
  return {
    update(jobs) {
      for (const job of jobs) {
        if (shown.get(job.id) === job.status) continue;
        shown.set(job.id, job.status);
        out.write(`  ${nameOf(job)}: ${noteOn(job)}\n`);
      }
    },
    stop() {},
  };
}

const nameOf = (job: Job) => job.name ?? job.id;

function noteOn(job: Job): string {
  const accuracy = job.summary.val_accuracy?.last ?? null;
  const value = accuracy === null ? "" : `, val_accuracy ${accuracy.toFixed(3)}`;
  return `${job.status}${value}`;
}
