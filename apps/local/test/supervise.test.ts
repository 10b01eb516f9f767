import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Supervised, supervise } from "../src/supervise.ts";
import { waitUntil } from "../src/wait-until.ts";

let folder: string;
let running: Supervised | null = null;
const said: string[] = [];
const lines: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "descent-supervise-"));
  said.length = 0;
  lines.length = 0;
});
afterEach(async () => {
  await running?.stop(0);
  running = null;
  await rm(folder, { recursive: true, force: true });
});

async function run(source: string): Promise<Supervised> {
  const script = join(folder, "program.mjs");
  await writeFile(script, source);
  running = supervise({
    name: "program",
    script,
    env: { ...process.env, FOLDER: folder },
    log: (line) => lines.push(line),
    say: (sentence) => said.push(sentence),
  });
  return running;
}

test("a program that exits while starting is reported with what it said last", async () => {
  const program = await run(`console.error("HOST needs API_KEY"); process.exitCode = 3;`);
  expect(await program.exitedEarly).toBe(
    "The program exited with code 3 while starting. It said last:\nHOST needs API_KEY",
  );
  expect(said).toEqual([]);
});

test("a program that crashes later is started again, and that is said", async () => {
  const program = await run(`console.log(process.pid); setInterval(() => {}, 1000);`);
  program.keepAlive();
  await waitUntil(() => lines.length === 1, 20_000);
  process.kill(Number(lines[0]), "SIGKILL");
  await waitUntil(() => lines.length === 2, 20_000);
  expect(lines[1]).not.toBe(lines[0]);
  expect(said).toEqual(["The program was killed by SIGKILL; starting it again in 0.5 s."]);
});

test("stopping lets the program finish its work", async () => {
  const program = await run(`
    import { writeFileSync } from "node:fs";
    process.on("SIGTERM", () => setTimeout(() => {
      writeFileSync(process.env.FOLDER + "/finished", "yes");
      process.exit();
    }, 200));
    setInterval(() => {}, 1000);
    console.log("up");`);
  await waitUntil(() => lines.length === 1, 20_000);
  await program.stop(20_000);
  expect(await readFile(join(folder, "finished"), "utf8")).toBe("yes");
});

test("a program that does not want to stop is killed after its grace", async () => {
  const program = await run(
    `process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log(process.pid);`,
  );
  await waitUntil(() => lines.length === 1, 20_000);
  await program.stop(300);
  expect(() => process.kill(Number(lines[0]), 0)).toThrow(/ESRCH/);
});
