import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Piscina } from "piscina";
import type { InspectRequest, InspectResult } from "./inspect-file.ts";

/** `inspectFile` in worker threads: the caller's event loop stays free. */
export interface Inspector {
  /**
   * As `inspectFile`. Aborting stops the thread and leaves no file at `tablePath`.
   * @throws InspectorBusy when too many files wait already; the signal's AbortError
   */
  inspect(request: InspectRequest, tablePath: string, signal?: AbortSignal): Promise<InspectResult>;
  /** Stops the threads; files being inspected are given up. */
  close(): Promise<void>;
}

/** As many files as may wait for a thread are waiting: try again later. */
export class InspectorBusy extends Error {
  constructor() {
    super("too many uploaded files wait to be inspected");
    this.name = "InspectorBusy";
  }
}

/** One file waiting costs only its path; but who waits longer than this many files take is better told so. */
const WAITING_PER_THREAD = 16;

/** @param threads how many files are inspected at once */
export function createInspector({ threads }: { threads: number }): Inspector {
  const pool = new Piscina<{ request: InspectRequest; tablePath: string }, InspectResult>({
    filename: fileURLToPath(new URL("./inspect-in-thread.ts", import.meta.url)),
    minThreads: 1, // one is warm, so that a small upload waits for no thread to start
    maxThreads: threads,
    idleTimeout: 30_000,
    maxQueue: WAITING_PER_THREAD * threads,
  });
  return {
    inspect: async (request, tablePath, signal) => {
      if (pool.queueSize >= pool.options.maxQueue) throw new InspectorBusy();
      try {
        return await pool.run({ request, tablePath }, { signal: signal ?? null });
      } catch (error) {
        await rm(tablePath, { force: true });
        throw error;
      }
    },
    close: () => pool.destroy(),
  };
}
