import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { BENCH_PYTHON } from "./env.ts";
import { lastLine } from "./open-stepper.ts";

type Command = readonly [string, ...string[]];

/** Another library that can run the workloads. */
export interface Peer {
  name: "torch" | "tfjs";
  command: Command;
  version: string;
}

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** How our own steps are run. */
export const OURS: Command = [process.execPath, script("steps-ours.ts")];

/** The peers that this machine has, and why it lacks the others. */
export async function findPeers(): Promise<{ peers: Peer[]; missing: string[] }> {
  const peers: Peer[] = [];
  const missing: string[] = [];
  const look = async (name: Peer["name"], command: Command) => {
    const [program, ...args] = command;
    try {
      const { stdout } = await promisify(execFile)(program, [...args, "--version"]);
      peers.push({ name, command, version: stdout.trim() });
    } catch (error) {
      const { stderr = "", message } = error as Error & { stderr?: string };
      missing.push(`${name} is left out: ${lastLine(stderr || message)}`);
    }
  };
  if (BENCH_PYTHON === undefined)
    missing.push("torch is left out: BENCH_PYTHON names no python that has it");
  else await look("torch", [BENCH_PYTHON, script("torch_steps.py")]);
  await look("tfjs", [process.execPath, script("steps-tfjs.ts")]);
  return { peers, missing };
}
