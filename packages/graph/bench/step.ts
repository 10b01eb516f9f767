import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openWorkload } from "./open-workload.ts";
import { readProfile } from "./read-profile.ts";
import { LEARNING_RATE, type SteppedWorkload, WORKLOADS } from "./workloads.ts";

/*
 * Milliseconds per gradient step (forward and backward, without the optimizer) on one thread, on random
 * data. `node bench/step.ts [--profile] [parts of workload names]`; with --profile also where the time
 * goes, by onnxruntime's operators.
 */
const SECONDS = 3;

/** Wall time tells how fast, processor time how much was disturbed by other processes. */
async function measure(workload: SteppedWorkload): Promise<string> {
  const { gradients, release } = await openWorkload(workload);
  for (let warm = 0; warm < 3; warm++) await gradients();
  const times: number[] = [];
  const before = process.cpuUsage();
  const end = performance.now() + SECONDS * 1000;
  while (times.length < 10 || performance.now() < end) {
    const start = performance.now();
    await gradients();
    times.push(performance.now() - start);
  }
  const { user, system } = process.cpuUsage(before);
  await release();
  times.sort((a, b) => a - b);
  const shown = [times[times.length >> 1]!, times[0]!, (user + system) / 1000 / times.length];
  const [median, fastest, processor] = shown.map((time) => time.toFixed(3).padStart(9));
  return `${workload.name.padEnd(32)} median${median}   fastest${fastest}   processor${processor} ms\n`;
}

async function profile(workload: SteppedWorkload): Promise<string> {
  const steps = 10;
  const folder = await mkdtemp(join(tmpdir(), "descent-bench-"));
  const { gradients, release } = await openWorkload(workload, join(folder, "profile"));
  for (let i = 0; i < steps; i++) await gradients();
  await release();
  const [file] = await readdir(folder);
  const lines = await readProfile(join(folder, file!), steps);
  await rm(folder, { recursive: true });
  return `${lines.slice(0, 12).join("\n")}\n`;
}

const parts = process.argv.slice(2).filter((argument) => argument !== "--profile");
for (const each of WORKLOADS) {
  if (parts.length > 0 && !parts.some((part) => each.name.includes(part))) continue;
  const workload = { ...each, lr: LEARNING_RATE, threads: 1 };
  process.stdout.write(await measure(workload));
  if (process.argv.includes("--profile")) process.stdout.write(await profile(workload));
}
