import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { elements, followShapes } from "@descent/contracts";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { mersenne } from "pure-rand/generator/mersenne";
import { createTrainingStep, initialiseWeights, placeTensors } from "../src/index.ts";
import { readProfile } from "./read-profile.ts";
import { WORKLOADS, type Workload } from "./workloads.ts";

/*
 * Milliseconds per gradient step (forward and backward, without the optimizer) on one thread, on random
 * data. `node bench/step.ts [--profile] [parts of workload names]`; with --profile also where the time
 * goes, by onnxruntime's operators.
 */
const SECONDS = 3;

async function openWorkload({ input, layers, outputs, batch }: Workload, profileTo?: string) {
  const shapes = followShapes(layers, input, outputs);
  if (shapes.faults !== null) throw new Error(shapes.faults[0]!.message);
  const { tensors, length } = placeTensors(shapes.layers);
  const memory = new WebAssembly.Memory({ initial: Math.ceil((length * 8) / 65536) });
  const weights = new Float32Array(memory.buffer, 0, length);
  const gradients = new Float32Array(memory.buffer, length * 4, length);
  initialiseWeights(weights, tensors, 1);
  const random = mersenne(1);
  const uniform = () => uniformFloat64(random);
  const inputs = Float32Array.from({ length: batch * elements(input) }, uniform);
  const targets = Int32Array.from({ length: batch }, () => Math.floor(uniform() * outputs));
  const training = await createTrainingStep({
    layers: shapes.layers,
    inputShape: input,
    loss: "cross_entropy",
    weights,
    gradients,
    seed: 1,
    ...(profileTo === undefined ? {} : { profileTo }),
  });
  return { step: () => training.step(inputs, targets, batch), release: training.release };
}

/** Wall time tells how fast, processor time how much was disturbed by other processes. */
async function measure(workload: Workload): Promise<string> {
  const { step, release } = await openWorkload(workload);
  for (let warm = 0; warm < 3; warm++) await step();
  const times: number[] = [];
  const before = process.cpuUsage();
  const end = performance.now() + SECONDS * 1000;
  while (times.length < 10 || performance.now() < end) {
    const start = performance.now();
    await step();
    times.push(performance.now() - start);
  }
  const { user, system } = process.cpuUsage(before);
  await release();
  times.sort((a, b) => a - b);
  const shown = [times[times.length >> 1]!, times[0]!, (user + system) / 1000 / times.length];
  const [median, fastest, processor] = shown.map((time) => time.toFixed(3).padStart(9));
  return `${workload.name.padEnd(32)} median${median}   fastest${fastest}   processor${processor} ms\n`;
}

async function profile(workload: Workload): Promise<string> {
  const steps = 10;
  const folder = await mkdtemp(join(tmpdir(), "descent-bench-"));
  const { step, release } = await openWorkload(workload, join(folder, "profile"));
  for (let i = 0; i < steps; i++) await step();
  await release();
  const [file] = await readdir(folder);
  const lines = await readProfile(join(folder, file!), steps);
  await rm(folder, { recursive: true });
  return `${lines.slice(0, 12).join("\n")}\n`;
}

const parts = process.argv.slice(2).filter((argument) => argument !== "--profile");
for (const workload of WORKLOADS) {
  if (parts.length > 0 && !parts.some((part) => workload.name.includes(part))) continue;
  process.stdout.write(await measure(workload));
  if (process.argv.includes("--profile")) process.stdout.write(await profile(workload));
}
