import { readFile, writeFile } from "node:fs/promises";
import { CorruptTable, ModelRefused, readTable, type Table, train } from "@descent/training";
import type { FailureCode, TrainerMessage, TrainRequest } from "./messages.ts";

// The trainer process: trains the job it is sent, tells its worker, and waits for the next one. It shares
// nothing with the worker, so that a crash, a kill or memory run out ends one job and nothing else.

/** The data set of the last job: a study trains many jobs on one. Blobs never change, so the path is enough. */
let last: { path: string; table: Table } | null = null;

function tell(message: TrainerMessage): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()));
}

async function run({ id, job, tablePath, uploadPath, modelPath }: TrainRequest): Promise<void> {
  if (last?.path !== tablePath) {
    last = null; // so that the two are never in memory together
    last = { path: tablePath, table: await readTable(tablePath) };
  }
  const upload = uploadPath === null ? null : await readFile(uploadPath);
  const epochs = train({ id, job, table: last.table, upload });
  for (;;) {
    const next = await epochs.next();
    if (next.done) {
      const { model, ...result } = next.value;
      if (model) await writeFile(modelPath, model);
      return tell({ kind: "result", result: { ...result, has_model: model !== null } });
    }
    await tell({ kind: "epoch", epoch: next.value });
  }
}

process.on("message", (request: TrainRequest) => {
  run(request).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    return tell({ kind: "error", code: failureOf(error, message), message });
  });
});

/** Memory runs out as a RangeError of V8 (arrays, WebAssembly), or as bad_alloc of onnxruntime. */
function failureOf(error: unknown, message: string): FailureCode {
  if (error instanceof CorruptTable) return "dataset_unreadable";
  if (error instanceof ModelRefused) return "model_unreadable";
  const isOfV8 = error instanceof RangeError && /alloc|memory|GiB|array length/i.test(message);
  return isOfV8 || /bad_alloc|failed to allocate/i.test(message) ? "out_of_memory" : "internal";
}

// A killed worker leaves no orphan.
process.on("disconnect", () => process.exit(0));
// Ctrl-C in a terminal, or a stopping service manager, reaches the whole group: the worker decides what happens to its jobs.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
await tell({ kind: "ready" });
