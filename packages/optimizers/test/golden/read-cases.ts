import { readFileSync } from "node:fs";
import type { Clip, Precision } from "@descent/contracts";

/** A trajectory that something else than this project produced. */
export interface GoldenCase {
  name: string;
  /** The file it stands in. */
  file: string;
  /** What produced the numbers, in a few words; `source` says it exactly. */
  reference: string;
  source: string;
  rule: string;
  convention: string;
  hypers: Record<string, number | boolean>;
  precision: Precision;
  start: number[];
  /** One gradient a step, or the function whose gradients are taken at our own points. */
  gradients: number[][] | { function: "rosenbrock"; steps: number };
  /** What lr is multiplied by, step by step. */
  factors: number[];
  clip: Clip | null;
  /** The weights after each of these steps, counted from 1. */
  recorded: { step: number; weights: number[] }[];
  /** Every float32 bit is the reference's: one rounding per operation, the same order. */
  exact: boolean;
  /** The reference is printed with a few digits: good for a test, not for a figure. */
  rounded: boolean;
  rtol: number;
  atol: number;
}

/** A case as the files hold it; those with a `problem` have start and gradients in problems.json. */
interface Written {
  name: string;
  reference: string;
  source: string;
  rule: string;
  convention: string;
  hypers: Record<string, number | boolean>;
  precision: Precision;
  problem?: string;
  start?: number[];
  gradients?: number[][];
  function?: "rosenbrock";
  steps?: number;
  clip?: Clip;
  recorded_steps?: number[];
  expected: number[][];
  bits?: "exact";
  rounded?: true;
  rtol?: number;
  atol?: number;
}
interface Problem {
  start: number[];
  gradients: number[][];
  lr_factors?: number[];
}

const FILES = ["trajectories", "paper", "seed", "torch", "keras", "optax"];

/** In float32, 12 to 40 steps of the same formula end within this of float64 even near zero crossings. */
const TOLERANCE = { float64: { rtol: 1e-10, atol: 1e-15 }, float32: { rtol: 1e-3, atol: 2e-6 } };

const read = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`${file}.json`, import.meta.url), "utf8"));

/** Every golden trajectory, in the order of the files. */
export function readCases(): GoldenCase[] {
  const problems = read("problems") as Record<string, Problem>;
  return FILES.flatMap((file) =>
    (read(file) as { cases: Written[] }).cases.map((each) => complete(each, file, problems)),
  );
}

function complete(written: Written, file: string, problems: Record<string, Problem>): GoldenCase {
  const { name, precision, expected } = written;
  const problem = written.problem === undefined ? null : problems[written.problem];
  const start = written.start ?? problem?.start;
  const given = written.gradients ?? problem?.gradients;
  const steps = given?.length ?? written.steps;
  if (!start || steps === undefined) throw new Error(`${name}: neither gradients nor a function`);
  const at = written.recorded_steps ?? expected.map((_, index) => index + 1);
  return {
    ...TOLERANCE[precision],
    ...written,
    file,
    start,
    gradients: given ?? { function: "rosenbrock", steps },
    factors: problem?.lr_factors ?? Array<number>(steps).fill(1),
    clip: written.clip ?? null,
    recorded: at.map((step, index) => ({ step, weights: readAs(expected[index]!, precision) })),
    exact: written.bits === "exact",
    rounded: written.rounded ?? false,
  };
}

/** float32 is written with as few digits as tell it from its neighbours. */
const readAs = (values: number[], precision: Precision) =>
  precision === "float32" ? values.map(Math.fround) : values;
