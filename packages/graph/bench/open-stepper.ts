import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { SteppedWorkload } from "./workloads.ts";

/** What a stepper's process writes once it is warm. */
export const READY = "ready";

/** A workload in a process of its own, which sleeps while others are measured. */
export interface Stepper {
  /** The milliseconds that each of so many steps takes. */
  steps(count: number): Promise<number[]>;
  /** The most memory the process has had resident, in MiB; null where the system does not say. */
  peakMemory(): Promise<number | null>;
  close(): Promise<void>;
}

/** The process cannot run the workload, and said why. */
export class CannotStep extends Error {}

/**
 * Starts a process that answers as answerSteps does, and waits until it is warm.
 *
 * @param command a program and its arguments
 * @throws CannotStep with the last thing it wrote, when the process ends
 */
export async function openStepper(
  [program, ...args]: readonly [string, ...string[]],
  workload: SteppedWorkload,
): Promise<Stepper> {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  let complaint = "";
  child.stderr.on("data", (text) => {
    complaint += text;
  });
  const failed = new Promise<never>((_, reject) => {
    child.on("error", reject);
    child.on("close", () => reject(new CannotStep(lastLine(complaint))));
  });
  // Whether it ended too early, those who wait for an answer are told; so is writing to it.
  failed.catch(() => undefined);
  child.stdin.on("error", () => undefined);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const ask = async (line: string): Promise<string> => {
    child.stdin.write(`${line}\n`);
    const answer = await Promise.race([lines.next(), failed]);
    return answer.done ? await failed : answer.value;
  };
  if ((await ask(JSON.stringify(workload))) !== READY)
    throw new Error(`${program} answered something else than "${READY}"`);
  return {
    steps: async (count) => JSON.parse(await ask(String(count))),
    peakMemory: () => readPeakMemory(child.pid!),
    async close() {
      child.stdin.end();
      await once(child, "close");
    },
  };
}

/** Linux keeps the high-water mark of each program; getrusage would count what its parent had, too. */
async function readPeakMemory(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status);
  return kibibytes && Number(kibibytes[1]) / 1024;
}

/** What an error says, without where it was thrown: the last line of Python, "Error: …" of Node. */
export function lastLine(complaint: string): string {
  const lines = complaint.split("\n").filter((line) => line.trim() !== "");
  const named = lines.find((line) => /^(\w*Error)\b.*: /.test(line));
  return named ?? lines.at(-1) ?? "it ended without a word";
}
