import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Workload } from "./workloads.ts";

/**
 * A workload in PyTorch, in a child process that sleeps while others are measured.
 *
 * @param python a python that has torch
 * @throws Error when the process ends, with what it wrote
 */
export async function openTorch(workload: Workload & { lr: number }, python: string) {
  const script = fileURLToPath(new URL("torch_steps.py", import.meta.url));
  const child = spawn(python, [script], { stdio: ["pipe", "pipe", "pipe"] });
  let complaint = "";
  child.stderr.on("data", (text) => {
    complaint += text;
  });
  const failed = new Promise<never>((_, reject) => {
    child.on("error", reject);
    child.on("close", () => reject(new Error(`${python} ended: ${complaint}`)));
  });
  // Whether it ended too early, those who wait for an answer are told.
  failed.catch(() => undefined);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const ask = async (line: string): Promise<string> => {
    child.stdin.write(`${line}\n`);
    const answer = await Promise.race([lines.next(), failed]);
    return answer.done ? await failed : answer.value;
  };
  await ask(JSON.stringify(workload));
  return {
    /** The milliseconds that each of so many steps takes. */
    steps: async (count: number): Promise<number[]> => JSON.parse(await ask(String(count))),
    close: () => child.stdin.end(),
  };
}
