import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

/**
 * What tells one process from a later one that was given the same pid: when it started, and its command.
 *
 * @returns null when there is no such process
 */
export async function identifyProcess(
  pid: number,
): Promise<{ started: string; command: string } | null> {
  if (process.platform !== "linux") return identifyByPs(pid);
  try {
    const status = await readFile(`/proc/${pid}/stat`, "utf8");
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8");
    // The program's name, in parentheses, may hold spaces; state is the first field after it, start time the 20th.
    const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z") return null;
    return { started: fields[19]!, command: command.replaceAll("\0", " ") };
  } catch {
    return null;
  }
}

async function identifyByPs(pid: number): Promise<{ started: string; command: string } | null> {
  const ps = promisify(execFile);
  const started = await ps("ps", ["-o", "lstart=", "-p", String(pid)]).catch(() => null);
  const command = await ps("ps", ["-o", "command=", "-p", String(pid)]).catch(() => null);
  if (!started || !command) return null;
  return { started: started.stdout.trim(), command: command.stdout.trim() };
}
