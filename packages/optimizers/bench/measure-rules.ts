/**
 * ns per parameter of every built-in rule, beside a plain copy of the arrays it writes (the limit that
 * memory sets) and a plain TypeScript loop of the same rule. All three are measured in turn within one run:
 * compare the ratios, not the times of different runs. Names of rules as arguments choose some.
 */
import { listRules, type RuleDescription } from "../src/catalogue.ts";
import { compileRule } from "../src/index.ts";
import { prepareRule } from "../src/language/prepare-rule.ts";
import { writePlainLoop } from "./write-plain-loop.ts";

const SIZES = [10_000, 1_000_000, 10_000_000];
const ROUNDS = 7;
const ROUND_NS = 10e6;

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** Nanoseconds per call: as many calls as fill a round, at least two. */
function time(run: () => void): number {
  const probe = process.hrtime.bigint();
  run();
  const once = Number(process.hrtime.bigint() - probe);
  const calls = Math.max(2, Math.ceil(ROUND_NS / Math.max(once, 1)));
  const start = process.hrtime.bigint();
  for (let call = 0; call < calls; call++) run();
  return Number(process.hrtime.bigint() - start) / calls;
}

/** Small values that do not become subnormal, which would slow every contender down. */
function fill(array: Float32Array): void {
  for (let i = 0; i < array.length; i++) array[i] = 0.01 + ((i * 7919) % 1000) / 1000;
}

function measure({ text, hypers }: RuleDescription, count: number) {
  const values = Object.fromEntries(hypers.map((hyper) => [hyper.name, hyper.default]));
  const prepared = prepareRule(text, values, "float32");
  const optimizer = compileRule(text, values, count);
  const loop = writePlainLoop(prepared, values);
  const names = ["w", "g", ...prepared.states, ...scratchOf(prepared.plan.scratchArrays)];
  const arrays = Object.fromEntries(names.map((name) => [name, new Float32Array(count)]));
  for (const name of prepared.states) arrays[name]!.fill(prepared.starts.get(name)!);
  const copies = ["w", ...prepared.states].map((name) => [
    arrays[name]!,
    new Float32Array(count).fill(1),
  ]);
  for (const array of [optimizer.weights, optimizer.gradients, arrays.w!, arrays.g!]) fill(array);
  let t = 0;
  const contenders = {
    rule: () => optimizer.step(),
    copy: () => {
      for (const [from, to] of copies) to!.set(from!);
    },
    loop: () => loop(arrays, ++t),
  };
  const samples = { rule: [] as number[], copy: [] as number[], loop: [] as number[] };
  for (let round = 0; round < ROUNDS; round++)
    for (const name of ["rule", "copy", "loop"] as const)
      samples[name].push(time(contenders[name]) / count);
  return { rule: median(samples.rule), copy: median(samples.copy), loop: median(samples.loop) };
}

const scratchOf = (count: number) => Array.from({ length: count }, (_, k) => `scratch ${k}`);

const columns = ["rule", "parameters", "ns/param", "copy", "loop", "rule:copy", "loop:rule"];
const row = (cells: string[]) =>
  `${cells.map((cell, index) => (index === 0 ? cell.padEnd(18) : cell.padStart(12))).join("")}\n`;

const chosen = process.argv.slice(2);
process.stdout.write(row(columns));
for (const count of SIZES)
  for (const description of listRules()) {
    const name = `${description.convention}/${description.rule}`;
    if (chosen.length > 0 && !chosen.includes(name) && !chosen.includes(description.rule)) continue;
    const ns = measure(description, count);
    const figures = [ns.rule, ns.copy, ns.loop].map((value) => value.toFixed(3));
    const ratios = [ns.rule / ns.copy, ns.loop / ns.rule].map((value) => value.toFixed(2));
    process.stdout.write(row([name, String(count), ...figures, ...ratios]));
  }
