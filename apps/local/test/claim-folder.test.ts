import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AlreadyRunning, claimFolder, findOwner } from "../src/claim-folder.ts";
import { killFixtures, killHard, runFixture } from "./run-fixture.ts";

const URL_A = "http://127.0.0.1:3000";
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "descent-claim-"));
});
afterEach(async () => {
  await killFixtures();
  await rm(folder, { recursive: true, force: true });
});

test("a second service on the folder is refused, naming the first one's URL and pid", async () => {
  const { child, line } = await runFixture("hold-folder.ts", folder, URL_A);
  expect(line).toBe("claimed");
  const refusal = await claimFolder(folder, "http://127.0.0.1:4000").catch((error) => error);
  expect(refusal).toBeInstanceOf(AlreadyRunning);
  expect(refusal.message).toContain(`${URL_A} (pid ${child.pid})`);
  expect((await findOwner(folder))?.url).toBe(URL_A);
});

test("what a killed service left is taken over", async () => {
  const { child } = await runFixture("hold-folder.ts", folder, URL_A);
  await killHard(child);
  expect(await findOwner(folder)).toBeNull();
  const release = await claimFolder(folder, URL_A);
  await release();
  expect(await readdir(folder)).toEqual(["service.lock"]);
});

test("a pid that belongs to a later process counts as gone", async () => {
  const owner = { pid: process.pid, started: "long before", url: URL_A };
  await writeFile(join(folder, "service.json"), JSON.stringify(owner));
  expect(await findOwner(folder)).toBeNull();
  await (await claimFolder(folder, URL_A))();
});

test("of many that start at once, after a crash, exactly one gets the folder", async () => {
  const { child } = await runFixture("hold-folder.ts", folder, URL_A);
  await killHard(child);
  const all = await Promise.all(
    Array.from({ length: 6 }, () => runFixture("hold-folder.ts", folder, URL_A)),
  );
  const claimed = all.filter(({ line }) => line === "claimed");
  expect(claimed).toHaveLength(1);
  for (const { line } of all.filter((one) => !claimed.includes(one)))
    expect(line).toContain(`pid ${claimed[0]?.child.pid}`);
});
