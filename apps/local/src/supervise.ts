import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { launch } from "./launch.ts";

export interface Program {
  name: string;
  script: string;
  env: NodeJS.ProcessEnv;
  /** Takes every line the program prints. */
  log(line: string): void;
  /** Takes a sentence about the program's life. */
  say(sentence: string): void;
}

export interface Supervised {
  /** Resolves, with a sentence, when the program exits before `keepAlive` was called. */
  exitedEarly: Promise<string>;
  /** From now on the program is started again when it exits. */
  keepAlive(): void;
  /** SIGTERM, and SIGKILL after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** A program that ran this long has recovered: the delays begin again. */
const RECOVERED_MS = 60_000;

/** Runs a program as a child process, and again with growing delays when it crashes. */
export function supervise(program: Program): Supervised {
  const stopping = new AbortController();
  const early = Promise.withResolvers<string>();
  const lastLines: string[] = [];
  let lasting = false;
  let child = start(program, lastLines);

  async function watch() {
    for (let failures = 0; ; ) {
      const since = performance.now();
      const how = await exitOf(child);
      if (stopping.signal.aborted) return;
      const sentence = `The ${program.name} ${how}`;
      if (!lasting) {
        early.resolve(`${sentence} while starting. It said last:\n${lastLines.join("\n")}`);
        return;
      }
      failures = performance.now() - since > RECOVERED_MS ? 1 : failures + 1;
      const delay = Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS);
      program.say(`${sentence}; starting it again in ${delay / 1000} s.`);
      await pause(delay, null, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      child = start(program, lastLines);
    }
  }
  const watching = watch();

  return {
    exitedEarly: early.promise,
    keepAlive() {
      lasting = true;
    },
    async stop(graceMs) {
      stopping.abort();
      child.kill("SIGTERM");
      const impatience = setTimeout(() => child.kill("SIGKILL"), graceMs);
      await watching;
      clearTimeout(impatience);
    },
  };
}

function start({ script, env, log }: Program, lastLines: string[]): ChildProcess {
  // SIGKILL is safe for both programs: the database owns the truth.
  const child = launch(process.execPath, [script], {
    env,
    deathSignal: "KILL",
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on("line", (line) => {
      lastLines.push(line);
      if (lastLines.length > 5) lastLines.shift();
      log(line);
    });
  }
  return child;
}

/** How the process ended, for a sentence: "exited with code 1", "was killed by SIGKILL". */
function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(`could not be started (${error.message})`));
    child.once("close", (code, signal) =>
      resolve(signal ? `was killed by ${signal}` : `exited with code ${code}`),
    );
  });
}
