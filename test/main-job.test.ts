import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { eventually } from "./eventually.ts";

// The two commands of the README as a newcomer gives them: nothing set but where the state goes.
const root = fileURLToPath(new URL("..", import.meta.url));
let home: string;

function run(script: "main" | "demo", env: Record<string, string>) {
  const file = join(root, `apps/local/src/${script}.ts`);
  const program = spawn(process.execPath, [file], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, DESCENT_HOME: home, ...env },
  });
  let said = "";
  const hear = (text: string) => {
    said += text;
  };
  program.stdout.setEncoding("utf8").on("data", hear);
  program.stderr.setEncoding("utf8").on("data", hear);
  return { program, said: () => said, ended: once(program, "exit").then(([code]) => code) };
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "descent-home-"));
});

test("the demo trains one job per optimizer and seed, compares them, and can be run again", async () => {
  for (let time = 0; time < 2; time++) {
    const demo = run("demo", { PORT: "0" });
    expect(await demo.ended, demo.said()).toBe(0);
    for (const rule of ["sgd", "momentum", "nesterov", "adam"]) expect(demo.said()).toContain(rule);
    expect(demo.said()).toMatch(/0\.9\d/);
  }
}, 180_000);

test("the service starts, answers, and stops cleanly; a taken port is a sentence", async () => {
  const blocker = createServer().listen(0, "127.0.0.1");
  await once(blocker, "listening");
  const { port } = blocker.address() as { port: number };
  const refused = run("main", { PORT: String(port) });
  expect(await refused.ended).toBe(1);
  expect(refused.said()).toMatch(new RegExp(`[Pp]ort ${port} is taken`));
  blocker.close();
  await once(blocker, "close");

  const service = run("main", { PORT: String(port), LOG_LEVEL: "silent" });
  await eventually(async () => service.said().includes("Descent listens on"), 60);
  const url = `http://127.0.0.1:${port}`;
  expect((await fetch(`${url}/docs`)).status).toBe(200);
  const answer = await fetch(`${url}/v1/jobs?status=finished`);
  const jobs = (await answer.json()) as { data: unknown[] };
  expect(jobs.data.length).toBeGreaterThanOrEqual(16);
  service.program.kill("SIGTERM");
  expect(await service.ended, service.said()).toBe(0);
}, 120_000);
