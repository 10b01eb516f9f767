import { env, InferenceSession, Tensor } from "onnxruntime-node";

// Otherwise it warns on stderr about devices it looked for and did not find.
env.logLevel = "error";

export interface PredictTask {
  /** An ONNX file as packages/graph exports them; a path always has the same content. */
  path: string;
  /** Raw rows, [rows x product of `shape`]. */
  inputs: Float32Array;
  /** Of one row. */
  shape: number[];
  /** Time for all rows. */
  milliseconds: number;
}

/** Over classes, positions and [rows x classes]; over numbers, [rows]. */
export type Predicted =
  | { labels: Int32Array; probabilities: Float32Array }
  | { predictions: Float32Array };

/** So few at once that memory stays bounded, and that a late answer is noticed. */
const ROWS_AT_ONCE = 64;

/** The model used last: who asks once asks again. */
let last: { path: string; session: InferenceSession } | null = null;

/** Null where the time is up. */
export async function predict(task: PredictTask): Promise<Predicted | null> {
  const { path, inputs, shape, milliseconds } = task;
  const late = performance.now() + milliseconds;
  const session = await sessionOf(path);
  const width = shape.reduce((product, length) => product * length, 1);
  const rows = inputs.length / width;
  const answers: Record<string, Tensor>[] = [];
  for (let start = 0; start < rows; start += ROWS_AT_ONCE) {
    if (performance.now() > late) return null;
    const end = Math.min(start + ROWS_AT_ONCE, rows);
    const data = inputs.subarray(start * width, end * width);
    answers.push(
      await session.run({ input: new Tensor("float32", data, [end - start, ...shape]) }),
    );
  }
  const floats = (name: string) =>
    joined(answers.map((answer) => answer[name]!.data as Float32Array));
  if (session.outputNames.includes("prediction")) return { predictions: floats("prediction") };
  const labels = answers.flatMap(({ label }) => Array.from(label!.data as BigInt64Array, Number));
  return { labels: Int32Array.from(labels), probabilities: floats("probabilities") };
}

async function sessionOf(path: string): Promise<InferenceSession> {
  if (last?.path === path) return last.session;
  const before = last;
  last = null; // so that the two are never in memory together
  await before?.session.release();
  const session = await InferenceSession.create(path, {
    executionProviders: ["cpu"],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  last = { path, session };
  return session;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
