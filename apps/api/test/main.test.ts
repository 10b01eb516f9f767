import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { createTestDatabase, eventually, type TestDatabase } from "@descent/test/harness";
import { afterAll, beforeAll, expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "descent-api-main-"));
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const start = (env: Record<string, string>) => {
  const { PATH = "" } = process.env;
  const given = {
    PATH,
    DATABASE_URL: database.url,
    STORAGE_URL: folder,
    LOG_LEVEL: "warn",
    ...env,
  };
  return spawn(process.execPath, [MAIN], { env: given, stdio: ["ignore", "ignore", "pipe"] });
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return address !== null && typeof address === "object" ? address.port : 0;
}

test("the process listens, answers, says when its port is taken, and stops when told to", async () => {
  const port = String(await freePort());
  const api = start({ PORT: port });
  const ready = `http://127.0.0.1:${port}/readyz`;
  await eventually(() =>
    fetch(ready).then(
      ({ ok }) => ok,
      () => false,
    ),
  );

  const second = start({ PORT: port });
  const said = text(second.stderr);
  const [code] = await once(second, "exit");
  expect(code).toBe(1);
  expect(await said).toBe(
    `Port ${port} on 127.0.0.1 is taken: stop what listens there, or set PORT to another.\n`,
  );

  api.kill("SIGTERM");
  const [status, signal] = await once(api, "exit");
  expect({ status, signal }).toEqual({ status: 0, signal: null });
});

test("beyond loopback it does not start without a key", async () => {
  const api = start({ HOST: "0.0.0.0", PORT: "0" });
  const said = text(api.stderr);
  const [code] = await once(api, "exit");
  expect(code).toBe(1);
  expect(await said).toMatch(
    /^HOST is 0\.0\.0\.0, so others can reach this server: set API_KEY .*\n$/,
  );
});
