import { fileURLToPath } from "node:url";
import { Piscina } from "piscina";
import type { Predicted, PredictTask } from "./predict.ts";

/** Runs exported models in worker threads: the caller's event loop stays free, whatever the model. */
export interface Predictor {
  /**
   * The answers of a model to raw rows. The task's inputs are given away.
   * @throws PredictorBusy when too many tasks wait already; TooSlow; Error where the file is no model
   */
  predict(task: PredictTask): Promise<Predicted>;
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
  const pool = new Piscina<PredictTask, Predicted | null>({
    filename: fileURLToPath(new URL("./predict-in-thread.ts", import.meta.url)),
    minThreads: 0, // who never predicts never loads onnxruntime
    maxThreads: threads,
    idleTimeout: 30_000,
    maxQueue: WAITING_PER_THREAD * threads,
  });
  return {
    predict: async (task) => {
      if (pool.queueSize >= pool.options.maxQueue) throw new PredictorBusy();
      const transferList = [task.inputs.buffer as ArrayBuffer];
      const predicted = await pool.run(task, { transferList });
      if (predicted === null) throw new TooSlow(task.milliseconds);
      return predicted;
    },
    close: () => pool.destroy(),
  };
}
