import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { type Compared, comparePeers } from "./compare-peers.ts";
import { compareThreads, THREADS } from "./compare-threads.ts";
import { describeMachine } from "./describe-machine.ts";
import { findPeers } from "./find-peers.ts";
import { LARGE_WORKLOADS, WORKLOADS, type Workload } from "./workloads.ts";

/*
 * `node bench/compare.ts [--json FILE] [parts of workload names]`: whole training steps on one core beside the
 * peers that are installed (PyTorch where BENCH_PYTHON names a python that has it), and ours on several.
 */
const { values, positionals } = parseArgs({
  options: { json: { type: "string" } },
  allowPositionals: true,
});
const chosen = (workloads: readonly Workload[]) =>
  workloads.filter(
    ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
  );
const print = (text: string) => process.stdout.write(`${text}\n`);
const row = (label: string, cells: readonly string[]) =>
  print(`${label.padEnd(38)}${cells.map((cell) => cell.padStart(12)).join("")}`);
const labelOf = ({ name, optimizer }: Workload) => `${name}, ${optimizer}`;
const shown = (number: number | null | undefined, digits: number) => number?.toFixed(digits) ?? "–";

const { peers, missing } = await findPeers();
print(describeMachine(peers));
for (const line of missing) print(line);

print(
  "One thread: ms per training step, MiB resident at most, and how many times ours the peers take",
);
const names = peers.map(({ name }) => name);
row("", [
  ...["ours ms", ...names.flatMap((name) => [`${name} ms`, `${name}/ours`])],
  ...["ours MiB", ...names.flatMap((name) => [`${name} MiB`, `ours/${name}`])],
]);
const results: Compared[] = [];
for (const workload of chosen(WORKLOADS)) {
  const result = await comparePeers(workload, peers);
  results.push(result);
  const { ours_ms, ours_mib, peers_mib } = result;
  const times = names.flatMap((name) => [
    shown(result.peers[name], 3),
    shown(result.ratios[name], 2),
  ]);
  const memory = names.flatMap((name) => [
    shown(peers_mib[name], 0),
    shown(ours_mib && peers_mib[name] && ours_mib / peers_mib[name], 2),
  ]);
  row(labelOf(workload), [shown(ours_ms, 3), ...times, shown(ours_mib, 0), ...memory]);
  for (const [name, reason] of Object.entries(result.impossible)) print(`  ${name}: ${reason}`);
}

const large = chosen(LARGE_WORKLOADS);
if (large.length > 0) {
  print("\nOurs by threads: ms per training step, and how many times faster than one thread");
  row(
    "",
    THREADS.flatMap((threads) => [`${threads} ms`, `${threads} gain`]),
  );
}
const threadsOf = new Map<string, Record<string, number>>();
for (const workload of large) {
  const { milliseconds, gains } = await compareThreads(workload);
  row(
    labelOf(workload),
    THREADS.flatMap((_, i) => [shown(milliseconds[i], 3), shown(gains[i], 2)]),
  );
  const byThreads = THREADS.map((threads, i) => [threads, milliseconds[i]!] as const);
  threadsOf.set(workload.name, Object.fromEntries(byThreads));
}

if (values.json !== undefined) {
  const all = results.map((result) => ({
    ...result,
    ours_ms_by_threads: threadsOf.get(result.workload),
  }));
  await writeFile(values.json, `${JSON.stringify(all, null, 2)}\n`);
}
