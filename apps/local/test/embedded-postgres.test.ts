import { chmod, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type EmbeddedPostgres, startPostgres } from "../src/embedded-postgres.ts";
import { identifyProcess } from "../src/process-identity.ts";
import { waitUntil } from "../src/wait-until.ts";
import { killFixtures, killHard, runFixture, startFixture } from "./run-fixture.ts";

let parent: string;
let folder: string;
let server: EmbeddedPostgres | null = null;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "descent-local-"));
  folder = join(parent, "postgres");
});

afterEach(async () => {
  await server?.stop();
  server = null;
  await killFixtures();
  await rm(parent, { recursive: true, force: true });
});

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  // A server that is killed takes its connections along.
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

test("it starts twice on one folder and keeps what was written", async () => {
  server = await startPostgres(folder);
  await query(server.url, "CREATE TABLE kept AS SELECT 7 AS value");
  await server.stop();
  expect(await identifyProcess(server.pid)).toBeNull();

  server = await startPostgres(folder);
  expect(await query(server.url, "SELECT value FROM kept")).toEqual([{ value: 7 }]);
});

test("it starts in a folder that only this user can enter", async () => {
  await chmod(parent, 0o700);
  server = await startPostgres(folder);
  expect(await query(server.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("it answers on loopback alone, and only to the password in a file of mode 0600", async () => {
  server = await startPostgres(folder);
  const guess = new URL(server.url);
  guess.password = "guess";
  await expect(query(guess.href, "SELECT 1")).rejects.toThrow(/password authentication failed/);
  expect((await stat(join(folder, "password"))).mode & 0o777).toBe(0o600);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);

  const outside = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === "IPv4" && !address.internal);
  if (outside) {
    const elsewhere = new URL(server.url);
    elsewhere.hostname = outside.address;
    await expect(query(elsewhere.href, "SELECT 1")).rejects.toThrow(/ECONNREFUSED/);
  }
});

test("the server ends when its parent is killed, and starts again with what was committed", async () => {
  const { child, line } = await runFixture("hold-postgres.ts", folder);
  const { url, pid } = JSON.parse(line);
  await query(url, "CREATE TABLE kept AS SELECT 7 AS value");
  await killHard(child);
  expect(await waitUntil(async () => (await identifyProcess(pid)) === null, 10_000)).toBe(true);

  server = await startPostgres(folder);
  expect(await query(server.url, "SELECT value FROM kept")).toEqual([{ value: 7 }]);
});

test("after kill -9 of parent and server at once it recovers what was committed", async () => {
  const { child, line } = await runFixture("hold-postgres.ts", folder);
  const { url, pid } = JSON.parse(line);
  await query(url, "CREATE TABLE kept AS SELECT 7 AS value");
  process.kill(pid, "SIGKILL");
  await killHard(child);
  expect(await readdir(join(folder, "data"))).toContain("postmaster.pid");

  server = await startPostgres(folder);
  expect(await query(server.url, "SELECT value FROM kept")).toEqual([{ value: 7 }]);
});

test("a stale postmaster.pid that names another, living process is no obstacle", async () => {
  server = await startPostgres(folder);
  await server.stop();
  const { child } = await runFixture("hold-folder.ts", join(parent, "other"), "http://other");
  await writeFile(join(folder, "data", "postmaster.pid"), `${child.pid}\n${folder}/data\n`);

  server = await startPostgres(folder);
  expect(await query(server.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  expect(await identifyProcess(child.pid!)).not.toBeNull();
});

test("a server that a killed run left behind is stopped, and another takes its place", async () => {
  const { line } = await runFixture("hold-postgres.ts", folder);
  const { url, pid } = JSON.parse(line);
  await query(url, "CREATE TABLE kept AS SELECT 7 AS value");

  server = await startPostgres(folder);
  expect(server.pid).not.toBe(pid);
  expect(await identifyProcess(pid)).toBeNull();
  expect(await query(server.url, "SELECT value FROM kept")).toEqual([{ value: 7 }]);
});

test("a first start that was killed half way leaves nothing in the way", async () => {
  const child = startFixture("hold-postgres.ts", folder);
  const files = () => readdir(folder).catch(() => [] as string[]);
  await waitUntil(async () => (await files()).includes("data.new"), 20_000, 1);
  await killHard(child);
  expect(await files()).not.toContain("data");

  server = await startPostgres(folder);
  expect(await query(server.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});
