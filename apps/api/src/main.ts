import { availableParallelism } from "node:os";
import { createInspector } from "@descent/datasets";
import { closeDatabase, listen, migrateDatabase, openDatabase } from "@descent/db";
import { createModelInspector } from "@descent/graph/model-inspector";
import { createPredictor } from "@descent/inference";
import { createRuleThreads } from "@descent/optimizers/trajectory";
import { openQueue } from "@descent/queue";
import { openStorage } from "@descent/storage";
import closeWithGrace from "close-with-grace";
import { pino } from "pino";
import { buildApp, type Parts } from "./app.ts";
import { readEnvironment, type Settings } from "./env.ts";
import { createJobEnds } from "./wait-for-job.ts";

/** Time for requests in flight when the process is told to stop. */
const GRACE_MS = 10_000;
/** An upload whose validation takes longer is answered 202. */
const ANSWER_UPLOAD_AFTER_MS = 10_000;

const settings = readSettings();
const log = pino({ name: "api", level: settings.logLevel });
const onError = (err: unknown) => log.error({ err }, "a connection is in trouble");

const applied = await migrateDatabase(settings.databaseUrl);
if (applied.length > 0) log.info({ applied }, "database migrated");
const { databaseUrl, redisUrl } = settings;
const db = openDatabase(databaseUrl, { onError });
const queue = await openQueue(redisUrl === null ? { postgresUrl: databaseUrl } : { redisUrl }, {
  onError,
  onWarning: (message) => log.warn(message),
});
const storage = await openStorage(settings.storageUrl);
const threads = Math.max(1, Math.floor(availableParallelism() / 2));
const inspector = createInspector({ threads });
const modelInspector = createModelInspector();
const rules = createRuleThreads({ threads });
const predictor = createPredictor({ threads });
const jobEnds = createJobEnds();
const listener = await listen(
  databaseUrl,
  (channel, jobId) => {
    if (channel === "job_ended") jobEnds.announce(jobId);
  },
  onError,
);
const parts: Parts = {
  db,
  queue,
  storage,
  inspector,
  modelInspector,
  rules,
  predictor,
  jobEnds,
  validations: new Set(),
};
const app = await buildApp(
  parts,
  { ...settings, answerUploadAfterMs: ANSWER_UPLOAD_AFTER_MS },
  log,
);

closeWithGrace({ delay: GRACE_MS, logger: log }, async ({ err }) => {
  if (err) log.error({ err }, "stopping after an error");
  await app.close();
  await inspector.close();
  await modelInspector.close();
  await rules.close();
  await predictor.close();
  await Promise.all(parts.validations);
  await listener.close();
  await queue.close();
  await closeDatabase(db);
});

try {
  await app.listen({ host: settings.host, port: settings.port });
} catch (error) {
  if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
  process.stderr.write(
    `Port ${settings.port} on ${settings.host} is taken: stop what listens there, or set PORT to another.\n`,
  );
  process.exit(1);
}

function readSettings(): Settings {
  try {
    return readEnvironment();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(1);
  }
}
