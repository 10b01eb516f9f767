import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chooseFolder } from "./choose-folder.ts";
import { findOwner } from "./claim-folder.ts";
import { runDemo } from "./demo/run-demo.ts";
import { type Env, readEnv } from "./env.ts";
import { findFreePort, isPortFree } from "./free-port.ts";
import { addressOf, isReady, startDescent } from "./start-descent.ts";
import { untilSignal } from "./until-signal.ts";
import { waitUntil } from "./wait-until.ts";

const USUAL_PORT = 3000;
const stopping = untilSignal();
const say = (sentence: string) => process.stdout.write(`${sentence}\n`);

try {
  const env = readEnv();
  const { folder, note } = await chooseFolder(env.folder);
  if (note) say(note);
  const owner = await findOwner(folder);
  if (owner) await useRunning(env, owner.url);
  else await startAndUse(env, folder);
  process.exit(0);
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`\n${stopping.aborted ? "The demo was stopped." : reason}\n`);
  process.exit(1);
}

async function useRunning(env: Env, url: string): Promise<void> {
  say(`Descent already runs from this folder: using ${url}.`);
  if (!(await waitUntil(() => isReady(url), 30_000, 100)))
    throw new Error(`${url}/readyz does not answer.`);
  await runDemo({ url, key: env.apiKey }, url, process.stdout, stopping);
  say(`The documentation is at ${url}/docs.`);
}

async function startAndUse(env: Env, folder: string): Promise<void> {
  const port = await choosePort(env);
  const laterUrl = addressOf(env.host, env.port || USUAL_PORT);
  await mkdir(folder, { recursive: true });
  const logFile = join(folder, "demo.log");
  const file = createWriteStream(logFile);
  say(`Starting the service (its log: ${logFile}) …`);
  const log = (line: string) => file.write(`${line}\n`);
  const descent = await startDescent(env, { folder, port }, { log, say }, stopping);
  try {
    const broken = descent.broken.then((sentence) => Promise.reject(new Error(sentence)));
    const api = { url: descent.url, key: env.apiKey };
    const demo = runDemo(api, laterUrl, process.stdout, stopping);
    await Promise.race([demo, broken]);
  } finally {
    await descent.stop();
  }
  say(`
The service is stopped; its data stays in ${folder}.
  npm start   runs it and stays: ${laterUrl}, documentation at ${laterUrl}/docs`);
}

async function choosePort(env: Env): Promise<number> {
  if (env.port) return env.port;
  if (env.port === null && (await isPortFree(USUAL_PORT, env.host))) return USUAL_PORT;
  const port = await findFreePort(env.host);
  if (env.port === null)
    say(`Port ${USUAL_PORT} is taken; the demo uses ${port} (set PORT to choose).`);
  return port;
}
