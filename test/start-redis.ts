import { mkdir } from "node:fs/promises";
import { connect } from "node:net";
import { findFreePort } from "@descent/local/free-port";
import { launch } from "@descent/local/launch";
import { waitUntil } from "@descent/local/wait-until";

/** So many that every test database gets one of its own. */
const DATABASES = 4096;

export interface TestRedis {
  /** Without a database number. */
  url: string;
  stop(): Promise<void>;
}

/** Starts Debian's redis-server as production has it: noeviction and append-only. Null where it is missing. */
export async function startRedis(folder: string): Promise<TestRedis | null> {
  const port = await findFreePort();
  await mkdir(folder, { recursive: true });
  const settings = [
    ["--port", String(port)],
    ["--bind", "127.0.0.1"],
    ["--dir", folder],
    ["--databases", String(DATABASES)],
    ["--maxmemory-policy", "noeviction"],
    ["--appendonly", "yes"],
    ["--save", ""],
  ].flat();
  const child = launch("redis-server", settings, { deathSignal: "KILL", stdio: "ignore" });
  const exited = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
  const ended = () => child.pid === undefined || child.exitCode !== null;
  await waitUntil(async () => ended() || (await answers(port)), 10_000);
  // setpriv, which launches it, exits with 127 when there is no such program.
  if (child.pid === undefined || child.exitCode === 127) return null;
  if (ended()) throw new Error(`redis-server exited with ${child.exitCode}`);
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.once("data", (reply) => {
      socket.destroy();
      resolve(reply.toString().startsWith("+PONG"));
    });
    socket.once("error", () => resolve(false));
  });
}
