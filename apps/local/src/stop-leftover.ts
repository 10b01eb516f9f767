import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { identifyProcess } from "./process-identity.ts";
import { waitUntil } from "./wait-until.ts";

/**
 * Stops a PostgreSQL that an earlier, killed run left on this data folder, and removes a stale postmaster.pid.
 * The caller owns the folder (claim-folder), so nobody uses that server any more.
 *
 * The pid alone proves nothing: it may belong to another process by now, which PostgreSQL would take for a
 * running server and refuse to start.
 */
export async function stopLeftover(data: string): Promise<void> {
  const file = join(data, "postmaster.pid");
  const content = await readFile(file, "utf8").catch(() => "");
  const pid = Number.parseInt(content, 10);
  if (!Number.isInteger(pid) || pid <= 1) return rm(file, { force: true });

  const isOurs = async () => (await identifyProcess(pid))?.command.includes(data) ?? false;
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    if (!(await isOurs())) break;
    process.kill(pid, signal);
    await waitUntil(async () => !(await isOurs()), 5000);
  }
  await rm(file, { force: true });
}
