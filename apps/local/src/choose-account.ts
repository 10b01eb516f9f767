import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import type { Account } from "./launch.ts";

/**
 * The account PostgreSQL runs as: null for this process's own, another one when this process is root.
 *
 * @param folder where the server keeps its files; its owner decides, where it exists already
 * @param programs the folder of PostgreSQL's programs
 */
export async function chooseAccount(folder: string, programs: string): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  const owner = await stat(folder).catch(() => null);
  const ids = owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : await unprivileged();
  const open = (await isOpenTo(ids.uid, programs)) && (await isOpenTo(ids.uid, dirname(folder)));
  return { ...ids, passesClosedFolders: !open };
}

async function unprivileged(): Promise<{ uid: number; gid: number }> {
  const id = promisify(execFile);
  for (const name of ["postgres", "nobody"]) {
    const answers = await Promise.all([id("id", ["-u", name]), id("id", ["-g", name])]).catch(
      () => null,
    );
    if (answers) return { uid: Number(answers[0].stdout), gid: Number(answers[1].stdout) };
  }
  throw new Error(
    "PostgreSQL refuses to run as root, and this system has neither a user `postgres` nor `nobody`. Run as an ordinary user, or set DATABASE_URL.",
  );
}

/** Whether every folder on the way down to `path` lets `uid` through; a folder not made yet will. */
async function isOpenTo(uid: number, path: string): Promise<boolean> {
  const folder = await stat(path).catch(() => null);
  const passes =
    folder === null || (folder.uid === uid ? folder.mode & 0o100 : folder.mode & 0o001) !== 0;
  if (!passes) return false;
  const parent = dirname(path);
  return parent === path || isOpenTo(uid, parent);
}
