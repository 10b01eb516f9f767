import type { ChildProcess } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { chooseAccount } from "./choose-account.ts";
import { createCluster, SUPERUSER } from "./create-cluster.ts";
import { findFreePort } from "./free-port.ts";
import { type Account, launch } from "./launch.ts";
import { findPostgresPrograms } from "./postgres-programs.ts";
import { stopLeftover } from "./stop-leftover.ts";
import { waitUntil } from "./wait-until.ts";

export interface EmbeddedPostgres {
  /** Connection string of the superuser, with the password, on 127.0.0.1. */
  url: string;
  pid: number;
  /** Resolves when the server has exited, stopped or crashed. */
  exited: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a real PostgreSQL in `folder` (created when missing) on a free port of 127.0.0.1.
 *
 * Whoever calls this must be the only one on that folder: a server that is found running there is taken for a
 * leftover of a killed run and stopped.
 *
 * @param settings postgresql.conf settings for this start, e.g. `{ fsync: "off" }`
 * @throws with the end of the server's log when it does not come up
 */
export async function startPostgres(
  folder: string,
  settings: Record<string, string> = {},
): Promise<EmbeddedPostgres> {
  const programs = findPostgresPrograms();
  const account = await chooseAccount(folder, programs);
  const password = await createCluster(folder, programs, account);
  await stopLeftover(join(folder, "data"));

  const deadline = performance.now() + 30_000;
  for (;;) {
    const port = await findFreePort();
    const child = await startServer(folder, programs, account, { ...settings, port: String(port) });
    const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
    if (await becomesReady(child, join(folder, "data"))) {
      const url = `postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;
      return { url, pid: child.pid!, exited, stop: () => stopServer(child, exited) };
    }
    await stopServer(child, exited);
    const log = (await readFile(join(folder, "server.log"), "utf8")).trim();
    // Somebody took the port in between; or orphans of a killed server are just about to notice and exit.
    const passing = /Address already in use|shared memory block .* still in use/.test(log);
    if (!passing || performance.now() > deadline) {
      throw new Error(
        `The embedded PostgreSQL in ${folder} did not start. Its log ends:\n${log.split("\n").slice(-8).join("\n")}`,
      );
    }
  }
}

/** Starts the server process; its log, of this start only, goes to `server.log`. */
async function startServer(
  folder: string,
  programs: string,
  account: Account | null,
  settings: Record<string, string>,
): Promise<ChildProcess> {
  const all = { listen_addresses: "127.0.0.1", unix_socket_directories: "", ...settings };
  const flags = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const log = await open(join(folder, "server.log"), "w", 0o600);
  const args = ["-D", join(folder, "data"), ...flags];
  const child = launch(join(programs, "postgres"), args, {
    cwd: "/",
    account,
    // A fast shutdown: sessions are ended, everything is written.
    deathSignal: "INT",
    stdio: ["ignore", log.fd, log.fd],
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  }).finally(() => log.close());
  return child;
}

/** The eighth line of postmaster.pid says `ready` once connections are accepted. */
async function becomesReady(child: ChildProcess, data: string): Promise<boolean> {
  let ready = false;
  await waitUntil(async () => {
    const lines = (await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "")).split(
      "\n",
    );
    ready = Number(lines[0]) === child.pid && lines[7]?.trim() === "ready";
    return ready || child.exitCode !== null || child.signalCode !== null;
  }, 60_000);
  return ready;
}

async function stopServer(child: ChildProcess, exited: Promise<void>): Promise<void> {
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    child.kill(signal);
    const patience = new Promise<void>((resolve) => setTimeout(resolve, 10_000).unref());
    await Promise.race([exited, patience]);
  }
  await exited;
}
