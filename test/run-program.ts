import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "./eventually.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** One of the two commands of the README as a newcomer gives it, with nothing set but `env`. */
export function runProgram(script: "main" | "demo", env: Record<string, string>) {
  const file = join(root, `apps/local/src/${script}.ts`);
  const program = spawn(process.execPath, [file], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
  });
  let said = "";
  const hear = (text: string) => {
    said += text;
  };
  program.stdout.setEncoding("utf8").on("data", hear);
  program.stderr.setEncoding("utf8").on("data", hear);
  return { program, said: () => said, ended: once(program, "exit").then(([code]) => code) };
}

/** The address that a service says it listens on, when it does. */
export async function addressOf({ said, program }: ReturnType<typeof runProgram>): Promise<string> {
  const address = () => said().match(/Descent listens on (\S+)/)?.[1];
  await eventually(async () => address() ?? program.exitCode !== null, 60);
  const url = address();
  if (url === undefined) throw new Error(`the service did not start: ${said()}`);
  return url;
}
