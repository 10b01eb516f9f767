import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { constants, getPriority, setPriority } from "node:os";
import type { EpochRecord } from "@descent/contracts";
import type { FailureCode, Trained, TrainerMessage, TrainRequest } from "./messages.ts";

/** The trainer went away in the middle of a job: killed, crashed. */
export class TrainerDied extends Error {}
/** The training itself failed. */
export class TrainingFailed extends Error {
  readonly code: FailureCode;
  constructor(message: string, code: FailureCode) {
    super(message);
    this.code = code;
  }
}

export interface Trainers {
  /**
   * Trains in a process of its own and yields its epochs in order; an abort kills that process.
   *
   * @throws TrainerDied, TrainingFailed, or the signal's reason
   */
  train(request: TrainRequest, signal: AbortSignal): AsyncGenerator<EpochRecord, Trained>;
  close(): void;
}

/**
 * Keeps trainer processes warm: starting one costs some hundred milliseconds, more than a small job. One
 * that finished cleanly takes the next job; any other is replaced.
 */
export function startTrainers({
  slots,
  memoryMb,
}: {
  slots: number;
  memoryMb: number | null;
}): Trainers {
  const idle: ChildProcess[] = [];
  const all = new Set<ChildProcess>();
  let closed = false;

  function start(): ChildProcess {
    const trainer = launch(memoryMb);
    all.add(trainer);
    trainer.once("exit", () => {
      all.delete(trainer);
      const at = idle.indexOf(trainer);
      if (at >= 0) idle.splice(at, 1);
    });
    return trainer;
  }
  function keepWarm(): void {
    if (!closed && all.size < slots) idle.push(start());
  }
  for (let slot = 0; slot < slots; slot++) keepWarm();

  /** Null where the trainer died without a word. */
  async function* trainWith(
    trainer: ChildProcess,
    request: TrainRequest,
    signal: AbortSignal,
  ): AsyncGenerator<EpochRecord, Trained | null> {
    let clean = false;
    let spoke = false;
    try {
      for await (const message of converse(trainer, request, signal)) {
        if (message.kind !== "ready") spoke = true;
        if (message.kind === "epoch") yield message.epoch;
        if (message.kind === "error") throw new TrainingFailed(message.message, message.code);
        if (message.kind === "result") {
          clean = true;
          return message.result;
        }
      }
      signal.throwIfAborted();
      if (spoke) throw diedWith(trainer);
      return null;
    } finally {
      if (clean && !closed && idle.length < slots) idle.push(trainer);
      else {
        trainer.kill("SIGKILL");
        if (trainer.exitCode === null && trainer.signalCode === null) await once(trainer, "exit");
        keepWarm();
      }
    }
  }

  return {
    async *train(request, signal) {
      // A warm trainer may have been killed a moment ago: that is no reason to count the job as lost.
      const warm = idle.shift();
      const result = warm && (yield* trainWith(warm, request, signal));
      if (result) return result;
      const fresh = start();
      const second = yield* trainWith(fresh, request, signal);
      if (!second) throw diedWith(fresh);
      return second;
    },
    close() {
      closed = true;
      for (const trainer of all) trainer.kill("SIGKILL");
    },
  };
}

const diedWith = (trainer: ChildProcess) =>
  new TrainerDied(`the trainer ended with ${trainer.signalCode ?? trainer.exitCode}`);

/** Sends the request and yields what the trainer says, until it is gone. */
async function* converse(
  trainer: ChildProcess,
  request: TrainRequest,
  signal: AbortSignal,
): AsyncGenerator<TrainerMessage> {
  const said: TrainerMessage[] = [];
  let gone = trainer.exitCode !== null || trainer.signalCode !== null;
  let wake = () => {};
  const hear = (message: TrainerMessage) => {
    said.push(message);
    wake();
  };
  const end = () => {
    gone = true;
    wake();
  };
  const kill = () => {
    trainer.kill("SIGKILL");
    end();
  };
  trainer.on("message", hear);
  trainer.once("exit", end);
  signal.addEventListener("abort", kill, { once: true });
  try {
    if (signal.aborted) return;
    if (!gone) trainer.send(request, (error) => error && end());
    for (;;) {
      while (said.length > 0 && !signal.aborted) yield said.shift()!;
      if (gone) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (said.length > 0 || gone) resolve();
      });
    }
  } finally {
    trainer.off("message", hear);
    trainer.off("exit", end);
    signal.removeEventListener("abort", kill);
  }
}

const PRLIMIT = spawnSync("prlimit", ["--version"]).error === undefined;

function launch(memoryMb: number | null): ChildProcess {
  const script = new URL("./trainer.ts", import.meta.url).pathname;
  // A limit on the data segment turns "too much memory" into an error that names itself.
  const limit = memoryMb && PRLIMIT ? ["prlimit", `--data=${memoryMb * 2 ** 20}`] : [];
  const [command, ...args] = [...limit, process.execPath, script];
  const trainer = spawn(command!, args, {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    serialization: "advanced",
  });
  trainer.on("error", () => {}); // "exit" or a failed send tells the same
  // Training fills every core: the api and the database come first.
  if (trainer.pid && getPriority() < constants.priority.PRIORITY_BELOW_NORMAL)
    setPriority(trainer.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  return trainer;
}
