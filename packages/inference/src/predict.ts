import { readFile } from "node:fs/promises";
import { cutFile, readOnnx } from "@descent/graph";
import { env, InferenceSession, Tensor } from "onnxruntime-node";

// Otherwise it warns on stderr about devices it looked for and did not find.
env.logLevel = "error";

export interface PredictTask {
  /** An ONNX file of one input, whose rows lie along the first axis; a path always has the same content. */
  path: string;
  /** Raw rows, [rows x product of `shape`]. */
  inputs: Float32Array;
  /** Of one row. */
  shape: number[];
  /** The file's input; left out, `input` of float32, as packages/graph exports models. */
  input?: { name: string; type: "float32" | "int32" | "int64" };
  /**
   * The one value of the file to give, in inference; what does not lead to it (labels, scikit-learn's maps) is
   * not run. Left out, all outputs.
   */
  output?: string;
  /** How many rows the file takes at once, where it takes no other number; the last ones are filled up with zeros. */
  batch?: number | null;
  /** At most so many rows at once, where rows are large; never more than 64. */
  atOnce?: number;
  /** Time for all rows. */
  milliseconds: number;
}

/** A task that whoever asked can stop: once the number is not 0, nobody waits for the answer. */
export type StoppableTask = PredictTask & { stop: Int32Array<SharedArrayBuffer> };

/** The outputs by name, of all rows one after the other; whole numbers are within 32 bits. */
export type Predicted = Record<string, Float32Array | Int32Array>;

/** So few at once that memory stays bounded, and that a late or unwanted answer is noticed. */
const ROWS_AT_ONCE = 64;

/** The model used last: who asks once asks again. */
let last: { key: string; session: InferenceSession } | null = null;

/** Null where the time is up, or the task was stopped. */
export async function predict(task: StoppableTask): Promise<Predicted | null> {
  const { path, inputs, shape, milliseconds, input = { name: "input", type: "float32" } } = task;
  const late = performance.now() + milliseconds;
  const stopped = () => Atomics.load(task.stop, 0) !== 0;
  if (stopped()) return null;
  const session = await sessionOf(path, task.output);
  const width = shape.reduce((product, length) => product * length, 1);
  const rows = inputs.length / width;
  const wanted = session.outputNames;
  const answers: Record<string, Tensor>[] = [];
  const batch = task.batch ?? null;
  const atOnce = batch ?? Math.min(task.atOnce ?? ROWS_AT_ONCE, ROWS_AT_ONCE);
  for (let start = 0; start < rows; start += atOnce) {
    if (performance.now() > late || stopped()) return null;
    const end = Math.min(start + atOnce, rows);
    const data = filledUp(inputs.subarray(start * width, end * width), batch, width);
    const feeds = { [input.name]: tensorOf(input.type, data, [data.length / width, ...shape]) };
    answers.push(await session.run(feeds, wanted));
  }
  return Object.fromEntries(
    wanted.map((name) => {
      const all = joined(answers.map((answer) => answer[name]!));
      return [
        name,
        batch === null ? all : all.subarray(0, rows * (all.length / (answers.length * batch))),
      ];
    }),
  );
}

function filledUp(data: Float32Array, batch: number | null, width: number): Float32Array {
  if (batch === null || data.length === batch * width) return data;
  const full = new Float32Array(batch * width);
  full.set(data);
  return full;
}

function tensorOf(
  type: "float32" | "int32" | "int64",
  data: Float32Array,
  shape: readonly number[],
): Tensor {
  if (type === "float32") return new Tensor(type, data, shape);
  if (type === "int32") return new Tensor(type, Int32Array.from(data), shape);
  return new Tensor(type, BigInt64Array.from(data, BigInt), shape);
}

async function sessionOf(path: string, output: string | undefined): Promise<InferenceSession> {
  const key = JSON.stringify([path, output]);
  if (last?.key === key) return last.session;
  const before = last;
  last = null; // so that the two are never in memory together
  await before?.session.release();
  const session = await open(path, output);
  last = { key, session };
  return session;
}

async function open(path: string, output: string | undefined): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: ["cpu"],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  };
  if (output === undefined) return InferenceSession.create(path, options);
  const bytes = await readFile(path);
  return InferenceSession.create(cutFile(bytes, readOnnx(bytes), output), options);
}

function joined(parts: readonly Tensor[]): Float32Array | Int32Array {
  const length = parts.reduce((sum, { size }) => sum + size, 0);
  const all = parts[0]!.type === "float32" ? new Float32Array(length) : new Int32Array(length);
  let at = 0;
  for (const { data, size } of parts) {
    all.set(data instanceof BigInt64Array ? Array.from(data, Number) : (data as Float32Array), at);
    at += size;
  }
  return all;
}
