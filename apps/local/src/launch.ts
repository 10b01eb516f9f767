import type { SpawnOptions } from "node:child_process";
import { type ChildProcess, spawn } from "node:child_process";

/** The operating system account a process runs as; `passesClosedFolders` where it lacks the right of way. */
export interface Account {
  uid: number;
  gid: number;
  passesClosedFolders: boolean;
}

export interface LaunchOptions extends Pick<SpawnOptions, "cwd" | "env" | "stdio"> {
  /** What the kernel sends to the process when this one dies, however it dies. */
  deathSignal: "INT" | "KILL";
  account?: Account | null;
}

/**
 * Starts a process that does not outlive this one, not even after kill -9.
 *
 * On Linux util-linux's setpriv sets the parent death signal and becomes the program (same pid). Elsewhere
 * there is no such signal; what is left over is then stopped by the next start.
 */
export function launch(command: string, args: string[], options: LaunchOptions): ChildProcess {
  const { deathSignal, account, ...rest } = options;
  // A session of its own: Ctrl-C in the terminal reaches only this process, which stops the others in order.
  const all = { ...rest, detached: true };
  if (process.platform !== "linux") {
    return spawn(command, args, account ? { ...all, uid: account.uid, gid: account.gid } : all);
  }
  const rights = account ? become(account) : [];
  return spawn("setpriv", [`--pdeathsig=${deathSignal}`, ...rights, "--", command, ...args], all);
}

/**
 * PostgreSQL refuses to be root, and another account cannot reach a checkout under /root (mode 0700). There
 * it keeps one capability, to pass such folders; no_setuid_fixup makes access(2), with which PostgreSQL looks
 * for its own programs, honour it.
 */
function become({ uid, gid, passesClosedFolders }: Account): string[] {
  const identity = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
  if (!passesClosedFolders) return identity;
  const pass = "+dac_override";
  return [
    ...identity,
    "--securebits=+no_setuid_fixup",
    `--inh-caps=${pass}`,
    `--ambient-caps=${pass}`,
  ];
}
