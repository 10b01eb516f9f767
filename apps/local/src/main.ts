import { once } from "node:events";
import pretty from "pino-pretty";
import { chooseFolder } from "./choose-folder.ts";
import { readEnv } from "./env.ts";
import { findFreePort } from "./free-port.ts";
import { startDescent } from "./start-descent.ts";
import { untilSignal } from "./until-signal.ts";

const stopping = untilSignal();
const say = (sentence: string) => process.stdout.write(`${sentence}\n`);
const out = process.stdout.isTTY
  ? pretty({ colorize: true, ignore: "pid,hostname", translateTime: "SYS:HH:MM:ss" })
  : process.stdout;
const log = (line: string) => out.write(`${line}\n`);

try {
  const env = readEnv();
  const { folder, note } = await chooseFolder(env.folder);
  if (note) say(note);
  const port = env.port === 0 ? await findFreePort(env.host) : (env.port ?? 3000);
  const descent = await startDescent(env, { folder, port }, { log, say }, stopping);
  const database = env.databaseUrl ? "your DATABASE_URL" : "embedded PostgreSQL";
  const queue = env.inherited.REDIS_URL ? "Redis" : "the database";
  say(`
Descent listens on ${descent.url}
  documentation  ${descent.url}/docs
  state          ${folder} (${database}, queue in ${queue})
Ctrl-C stops it.
`);
  const failure = await Promise.race([descent.broken, once(stopping, "abort").then(() => null)]);
  say(failure ?? "Stopping: running jobs go back to the queue …");
  await descent.stop();
  process.exit(failure === null ? 0 : 1);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
