import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { BENCH_PYTHON } from "./env.ts";
import { openTorch } from "./open-torch.ts";
import { LEARNING_RATE, openWorkload } from "./open-workload.ts";
import { WORKLOADS, type Workload } from "./workloads.ts";

/*
 * Whole training steps (forward, backward, update) on one core, side by side with PyTorch where BENCH_PYTHON
 * names a python that has it: `node bench/compare.ts [--json FILE] [parts of workload names]`. The two take
 * turns in short rounds, so that a busy machine disturbs both; the ratio is the median of the rounds' ratios.
 */
const ROUNDS = 15;
/** A round lasts about this long for each. */
const ROUND_MS = 200;

interface Compared {
  workload: string;
  ours_ms: number;
  peers: { torch?: number };
}

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;

async function compare(workload: Workload): Promise<{ result: Compared; ratio: number | null }> {
  const ours = await openWorkload(workload);
  const torch =
    BENCH_PYTHON === undefined
      ? null
      : await openTorch({ ...workload, lr: LEARNING_RATE }, BENCH_PYTHON);
  const ourSteps = async (count: number) => {
    const times: number[] = [];
    for (let step = 0; step < count; step++) {
      const start = performance.now();
      await ours.step();
      times.push(performance.now() - start);
    }
    return times;
  };
  await ourSteps(5);
  const count = Math.max(1, Math.round(ROUND_MS / median(await ourSteps(5))));
  const [own, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    own.push(median(await ourSteps(count)));
    if (torch !== null) theirs.push(median(await torch.steps(count)));
  }
  torch?.close();
  await ours.release();
  const peers = torch === null ? {} : { torch: median(theirs) };
  const ratios = theirs.map((time, round) => time / own[round]!);
  return {
    result: { workload: workload.name, ours_ms: median(own), peers },
    ratio: torch === null ? null : median(ratios),
  };
}

const flag = process.argv.indexOf("--json");
const file = flag === -1 ? null : process.argv[flag + 1];
if (file === undefined) throw new Error("--json takes the file to write");
const parts = process.argv
  .slice(2)
  .filter((argument) => argument !== "--json" && argument !== file);

process.stdout.write(`${cpus()[0]!.model}, one core; ms per training step, medians\n`);
if (BENCH_PYTHON === undefined)
  process.stdout.write("PyTorch is left out: BENCH_PYTHON names no python that has it\n");
const columns = (cells: string[]) => cells.map((cell) => cell.padStart(12)).join("");
process.stdout.write(`${"".padEnd(38)}${columns(["ours", "torch", "torch/ours"])}\n`);
const results: Compared[] = [];
for (const workload of WORKLOADS) {
  if (parts.length > 0 && !parts.some((part) => workload.name.includes(part))) continue;
  const { result, ratio } = await compare(workload);
  results.push(result);
  const numbers = [result.ours_ms.toFixed(3), result.peers.torch?.toFixed(3), ratio?.toFixed(2)];
  const label = `${workload.name}, ${workload.optimizer}`;
  process.stdout.write(`${label.padEnd(38)}${columns(numbers.map((cell) => cell ?? "–"))}\n`);
}
if (file !== null) await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
