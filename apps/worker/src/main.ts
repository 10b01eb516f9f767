import closeWithGrace from "close-with-grace";
import pino from "pino";
import { readEnv } from "./env.ts";
import { startWorker } from "./start-worker.ts";

try {
  const env = readEnv();
  const log = pino({ level: env.logLevel, name: "worker" });
  const worker = await startWorker(env, log);
  closeWithGrace({ delay: 10_000 }, async ({ err, signal }) => {
    if (err) log.fatal({ err }, "the worker cannot go on");
    else log.info({ signal }, "stopping: running jobs go back to the queue");
    await worker.stop();
  });
} catch (error) {
  process.stderr.write(
    `The worker cannot start: ${error instanceof Error ? error.message : error}\n`,
  );
  process.exit(1);
}
