import { randomBytes } from "node:crypto";
import { chown, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type Account, launch } from "./launch.ts";

export const SUPERUSER = "descent";

/**
 * Makes sure that `folder` holds a PostgreSQL data folder, `data`, and the superuser's `password` (0600).
 * initdb works beside it and the result is renamed, so a killed first start leaves nothing half made.
 *
 * @returns the password
 */
export async function createCluster(
  folder: string,
  programs: string,
  account: Account | null,
): Promise<string> {
  const data = join(folder, "data");
  const passwordFile = join(folder, "password");
  if (await stat(join(data, "PG_VERSION")).catch(() => null)) return readFile(passwordFile, "utf8");

  const fresh = join(folder, "data.new");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // What a killed initdb has started may write for another moment.
  await rm(fresh, { recursive: true, force: true, maxRetries: 5 });
  const password = randomBytes(24).toString("base64url");
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (account) {
    await chown(folder, account.uid, account.gid);
    await chown(passwordFile, account.uid, account.gid);
  }
  await runInitdb(join(programs, "initdb"), fresh, passwordFile, account);
  await rename(fresh, data);
  return password;
}

async function runInitdb(
  initdb: string,
  data: string,
  passwordFile: string,
  account: Account | null,
): Promise<void> {
  const args = [
    `--pgdata=${data}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    // The same order of text and the same messages on every machine, whatever its locale.
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--set=timezone=UTC",
    "--set=log_timezone=UTC",
  ];
  const child = launch(initdb, args, {
    cwd: "/",
    account,
    deathSignal: "KILL",
    stdio: ["ignore", "ignore", "pipe"],
  });
  const code = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const [said, status] = await Promise.all([child.stderr ? text(child.stderr) : "", code]);
  if (status !== 0) throw new Error(`PostgreSQL's initdb failed on ${data}: ${said.trim()}`);
}
