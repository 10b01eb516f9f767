/**
 * ns per parameter of every built-in rule, beside a plain copy of the arrays it writes (the limit that
 * memory sets) and a plain TypeScript loop. All three are measured in turn within one run: compare the
 * ratios, not the times of different runs.
 */
import { listRules } from "../src/catalogue.ts";
import { createOptimizer } from "../src/index.ts";
import { plainLoops } from "./plain-loops.ts";

const SIZES = [10_000, 1_000_000, 10_000_000];
const ROUNDS = 9;

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** Nanoseconds per call: as many calls as fill 20 ms, at least two. */
function time(run: () => void): number {
  const probe = process.hrtime.bigint();
  run();
  const once = Number(process.hrtime.bigint() - probe);
  const calls = Math.max(2, Math.ceil(20e6 / Math.max(once, 1)));
  const start = process.hrtime.bigint();
  for (let call = 0; call < calls; call++) run();
  return Number(process.hrtime.bigint() - start) / calls;
}

/** Small values that do not become subnormal, which would slow every contender down. */
function fill(array: Float32Array): void {
  for (let i = 0; i < array.length; i++) array[i] = 0.01 + ((i * 7919) % 1000) / 1000;
}

function measure(rule: string, convention: string, count: number) {
  const { hypers } = listRules().find((r) => r.rule === rule && r.convention === convention)!;
  const values = Object.fromEntries(hypers.map((hyper) => [hyper.name, hyper.default]));
  const optimizer = createOptimizer({ rule, convention, hypers: values }, count);
  const written = [optimizer.weights, ...Object.values(optimizer.states)];
  const sources = written.map(() => new Float32Array(count));
  const targets = written.map(() => new Float32Array(count));
  for (const array of [optimizer.weights, optimizer.gradients, ...sources]) fill(array);
  const [w, ...states] = targets.map((target) => target.fill(0.5));
  const g = sources[0]!;
  const loop = plainLoops[rule]!;
  let t = 0;
  const contenders = {
    rule: () => optimizer.step(),
    copy: () => {
      for (const [index, target] of targets.entries()) target.set(sources[index]!);
    },
    loop: () => loop(w!, g, states, ++t),
  };
  const samples = { rule: [] as number[], copy: [] as number[], loop: [] as number[] };
  for (let round = 0; round < ROUNDS; round++)
    for (const name of ["rule", "copy", "loop"] as const)
      samples[name].push(time(contenders[name]) / count);
  return { rule: median(samples.rule), copy: median(samples.copy), loop: median(samples.loop) };
}

const columns = ["rule", "parameters", "ns/param", "copy", "loop", "rule:copy", "loop:rule"];
const row = (cells: string[]) =>
  `${cells.map((cell, index) => (index === 0 ? cell.padEnd(16) : cell.padStart(12))).join("")}\n`;

process.stdout.write(row(columns));
for (const count of SIZES)
  for (const { rule, convention } of listRules()) {
    const ns = measure(rule, convention, count);
    const figures = [ns.rule, ns.copy, ns.loop].map((value) => value.toFixed(3));
    const ratios = [ns.rule / ns.copy, ns.loop / ns.rule].map((value) => value.toFixed(2));
    process.stdout.write(row([`${convention}/${rule}`, String(count), ...figures, ...ratios]));
  }
