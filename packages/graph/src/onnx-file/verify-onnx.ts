import { elements, type ModelProfile } from "@descent/contracts";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { mersenne } from "pure-rand/generator/mersenne";
import { emptyGraph, type ForwardOp } from "../graph.ts";
import { openSession } from "../open-session.ts";
import { cutFile } from "./cut-file.ts";
import { modelOfOnnx } from "./model-of-onnx.ts";
import { ModelRefused, type OnnxFile } from "./onnx-file.ts";

const SEED = 2147;
/** The largest difference, as a part of the largest output: float32 in another order gives 1e-6. */
const TOLERANCE = 1e-4;
/** Outputs that are all smaller are as near to zero as their rounding. */
const LEAST_SCALE = 0.01;
/** A model that gives more numbers for a row gets one row, not three. */
const MANY_NUMBERS = 2 ** 24;

/**
 * Runs a few rows of pseudo-random numbers between −1 and 1 (or places in the table that they choose from)
 * through the file itself in onnxruntime and through our translation: a guard against faults of ours.
 *
 * @throws ModelRefused where the two differ, or where onnxruntime does not take the file
 */
export async function verifyOnnx(
  bytes: Uint8Array,
  file: OnnxFile,
  profile: ModelProfile,
): Promise<void> {
  const { input, output } = profile;
  const outputs = output.shape[0]!;
  const model = modelOfOnnx(file, {
    ...{ head: "keep", frozen: [], initialisation: null, loss: "mse" },
    ...{ outputs, inputShape: input.shape },
  });
  const rows = model.numbersPerRow > MANY_NUMBERS ? 1 : 3;
  const numbers = randomInputs(input, rows);
  const expected = await runFile(bytes, file, profile, numbers, rows);

  const graph = emptyGraph<ForwardOp>();
  const appended = model.append(graph, "inference");
  const session = await openSession(graph, [appended.output], { threads: 1 });
  const feeds = [...model.parameters, ...appended.buffers].map(({ name, shape }) => {
    const tensor = new Tensor("float32", model.stored.get(name)!, shape.map(Number));
    return [name, tensor] as const;
  });
  const answer = session.run({
    ...Object.fromEntries(feeds),
    [appended.input.name]: new Tensor("float32", numbers, [rows, ...input.shape]),
  });
  session.release();
  const actual = answer[appended.output.name]!.data as Float32Array;

  const scale = expected
    .filter(Number.isFinite)
    .reduce((most, number) => Math.max(most, Math.abs(number)), LEAST_SCALE);
  const worst = expected.findIndex((number, i) => {
    const isNear = Math.abs(number - actual[i]!) <= TOLERANCE * scale;
    return !isNear && !Object.is(number, actual[i]);
  });
  if (expected.length !== actual.length || worst !== -1)
    throw new ModelRefused([
      {
        pointer: "/graph",
        message: `the translation does not give what the file gives: ${actual[worst]}, not ${expected[worst]}; this is a fault of Descent`,
      },
    ]);
}

/** What the file gives for the rows, one by one where it takes no more. */
async function runFile(
  bytes: Uint8Array,
  file: OnnxFile,
  { input, output }: ModelProfile,
  numbers: Float32Array,
  rows: number,
): Promise<number[]> {
  try {
    const session = await InferenceSession.create(cutFile(bytes, file, output.name), {
      ...{ executionProviders: ["cpu"], intraOpNumThreads: 1, interOpNumThreads: 1 },
      // As it stands in the file: no rewriting that could itself be at fault.
      ...{ graphOptimizationLevel: "disabled", logSeverityLevel: 4 },
    });
    const perRun = input.batch ?? rows;
    const length = perRun * elements(input.shape);
    const results: number[] = [];
    for (let from = 0; from < numbers.length; from += length) {
      const part = numbers.subarray(from, from + length);
      const answer = await session.run({
        [input.name]: tensorOf(input.type, part, [perRun, ...input.shape]),
      });
      // Not all as arguments of one call: no stack holds the words of a language.
      for (const number of answer[output.name]!.data as Float32Array) results.push(number);
    }
    await session.release();
    return results;
  } catch (error) {
    throw new ModelRefused([
      { pointer: "/graph", message: `ONNX Runtime does not run the file: ${cleaned(error)}` },
    ]);
  }
}

function randomInputs({ shape, vocabulary }: ModelProfile["input"], rows: number) {
  const random = mersenne(SEED);
  const number = () =>
    vocabulary === null ? 2 * uniformFloat64(random) - 1 : uniformInt(random, 0, vocabulary - 1);
  return Float32Array.from({ length: rows * elements(shape) }, number);
}

function tensorOf(type: ModelProfile["input"]["type"], numbers: Float32Array, shape: number[]) {
  if (type === "float32") return new Tensor(type, numbers, shape);
  if (type === "int32") return new Tensor(type, Int32Array.from(numbers), shape);
  return new Tensor(type, BigInt64Array.from(numbers, BigInt), shape);
}

/** The first line, without the places in onnxruntime's own sources. */
function cleaned(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  const [said = line] = line.split(/(?:\/\S+)?\/onnxruntime\//);
  return said.trim().slice(0, 500);
}
