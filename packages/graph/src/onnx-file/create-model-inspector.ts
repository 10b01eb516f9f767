import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Fault, ModelProfile } from "@descent/contracts";

export type ModelInspection = { ok: true; profile: ModelProfile } | { ok: false; faults: Fault[] };

/**
 * Inspects uploaded files in a process of its own, one after the other: a file is somebody else's, and
 * onnxruntime is native code, so whatever it does to its process, the caller's stays.
 */
export interface ModelInspector {
  /**
   * What an ONNX file is, or why it is refused; a file that takes too long or ends the process is refused.
   * @throws InspectionQueueFull; Error when no process can be started, or the inspector is closed
   */
  inspect(path: string): Promise<ModelInspection>;
  close(): Promise<void>;
}

/** As many files as may wait are waiting: try again later. */
export class InspectionQueueFull extends Error {
  constructor() {
    super("too many uploaded models wait to be inspected");
    this.name = "InspectionQueueFull";
  }
}

const MAX_WAITING = 16;

/**
 * The process is started now, and again where it has ended: starting takes longer than most files.
 *
 * @param milliseconds for one file
 */
export function createModelInspector({
  milliseconds = 60_000,
}: {
  milliseconds?: number;
} = {}): ModelInspector {
  let child: ChildProcess | null = null;
  let closed = false;
  let waiting = 0;
  let turn: Promise<unknown> = Promise.resolve();

  function start(): ChildProcess {
    const process = fork(fileURLToPath(new URL("./inspect-process.ts", import.meta.url)), {
      serialization: "advanced",
    });
    // One that could not be started never exits; of any other "exit" tells the same.
    process.on("error", () => {
      if (process.pid === undefined && child === process) child = null;
    });
    process.once("exit", () => {
      if (child === process) child = null;
    });
    child = process;
    return process;
  }

  async function ask(path: string): Promise<ModelInspection> {
    if (closed) throw new Error("the inspector was closed");
    const process = child ?? start();
    const timer = setTimeout(() => process.kill("SIGKILL"), milliseconds);
    const gone = new AbortController();
    try {
      process.send(path, () => {}); // where it fails, the process has gone: "exit" tells
      const [said] = await Promise.race([
        once(process, "message", { signal: gone.signal }),
        once(process, "exit", { signal: gone.signal }).then(() => [null]),
      ]);
      if (said !== null) return said as ModelInspection;
      if (closed) throw new Error("the inspector was closed");
      start();
      const message = `inspecting the file ended its process or took longer than ${milliseconds / 1000} s`;
      return { ok: false, faults: [{ pointer: "", message }] };
    } finally {
      clearTimeout(timer);
      gone.abort();
    }
  }

  start();
  return {
    async inspect(path) {
      if (waiting >= MAX_WAITING) throw new InspectionQueueFull();
      waiting++;
      const result = turn.then(() => ask(path));
      turn = result.catch(() => {});
      return result.finally(() => {
        waiting--;
      });
    },
    async close() {
      closed = true;
      child?.kill("SIGKILL");
      await turn;
    },
  };
}
