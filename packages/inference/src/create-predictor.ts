import { fileURLToPath } from "node:url";
import { Piscina } from "piscina";
import type { Predicted, PredictTask, StoppableTask } from "./predict.ts";

/** Runs exported models in worker threads: the caller's event loop stays free, whatever the model. */
export interface Predictor {
  /**
   * The answers of a model to raw rows. The task's inputs are given away. Aborting stops it soon, and leaves
   * the thread to the next task.
   * @throws PredictorBusy when too many tasks wait already; TooSlow; Error where the file is no model; the
   *   signal's reason
   */
  predict(task: PredictTask, signal?: AbortSignal): Promise<Predicted>;
  /** Stops the threads; what they were doing is given up. */
  close(): Promise<void>;
}

/** As many tasks as may wait for a thread are waiting: try again later. */
export class PredictorBusy extends Error {
  constructor() {
    super("too many predictions wait to be made");
    this.name = "PredictorBusy";
  }
}

/** The time given was up before all rows had their answer. */
export class TooSlow extends Error {
  constructor(milliseconds: number) {
    super(`predicting took longer than ${milliseconds} ms`);
    this.name = "TooSlow";
  }
}

/** Each holds its rows while it waits. */
const WAITING_PER_THREAD = 8;

/** @param threads how many tasks run at once */
export function createPredictor({ threads }: { threads: number }): Predictor {
  const pool = new Piscina<StoppableTask, Predicted | null>({
    filename: fileURLToPath(new URL("./predict-in-thread.ts", import.meta.url)),
    minThreads: 0, // who never predicts never loads onnxruntime
    maxThreads: threads,
    idleTimeout: 30_000,
    maxQueue: WAITING_PER_THREAD * threads,
  });
  // Piscina's own way to stop a task ends its thread, and a thread that ends inside onnxruntime takes the
  // whole process with it: the thread is asked instead, and looks between its rows.
  const stops = new Set<() => void>();
  let closed = false;
  return {
    predict: async (task, signal) => {
      signal?.throwIfAborted();
      if (pool.queueSize >= pool.options.maxQueue) throw new PredictorBusy();
      const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
      const tell = () => Atomics.store(stop, 0, 1);
      stops.add(tell);
      signal?.addEventListener("abort", tell, { once: true });
      try {
        const transferList = [task.inputs.buffer as ArrayBuffer];
        const predicted = await pool.run({ ...task, stop }, { transferList });
        signal?.throwIfAborted();
        if (predicted === null && closed) throw new Error("the predictor was closed");
        if (predicted === null) throw new TooSlow(task.milliseconds);
        return predicted;
      } finally {
        stops.delete(tell);
        signal?.removeEventListener("abort", tell);
      }
    },
    async close() {
      closed = true;
      for (const tell of stops) tell();
      await pool.close();
    },
  };
}
