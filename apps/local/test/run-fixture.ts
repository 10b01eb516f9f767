import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const started: ChildProcess[] = [];

/** Starts a script of this folder as a process of its own. */
export function startFixture(script: string, ...args: string[]) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  started.push(child);
  return child;
}

/** The same, until its first line of output. */
export async function runFixture(
  script: string,
  ...args: string[]
): Promise<{ child: ChildProcess; line: string }> {
  const child = startFixture(script, ...args);
  const output = createInterface({ input: child.stdout });
  const silent = once(output, "close").then(() => {
    throw new Error(`${script} ended without a word`);
  });
  const [line] = await Promise.race([once(output, "line"), silent]);
  return { child, line };
}

/** kill -9, and waits until the process is gone. */
export async function killHard(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

/** For afterEach: whatever a failed test left running. */
export async function killFixtures(): Promise<void> {
  await Promise.all(started.splice(0).map(killHard));
}
