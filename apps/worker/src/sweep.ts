import { type Database, failStaleValidations, listQueued, takeBackExpired } from "@descent/db";
import type { Queue } from "@descent/queue";
import type { Logger } from "pino";
import { MAX_LOSSES } from "./execute-job.ts";

/** A delivery that is not consumed by then may be lost; delivering it again does no harm if it is not. */
const LOST_AFTER_SECONDS = 5;
const VALIDATION_LOST_AFTER_SECONDS = 120;
const AT_ONCE = 1000;

export interface Sweeper {
  stop(): Promise<void>;
}

/** Mends what others left: lost workers, lost deliveries, lost validations. Any number may sweep at once. */
export function startSweeper(
  { db, queue, log }: { db: Database; queue: Queue; log: Logger },
  everySeconds: number,
): Sweeper {
  let sweeping = Promise.resolve();
  let busy = false;
  const sweep = async () => {
    const { requeued, failed } = await takeBackExpired(db, {
      limit: AT_ONCE,
      maxLosses: MAX_LOSSES,
    });
    if (requeued.length + failed.length > 0) log.warn({ requeued, failed }, "workers were lost");
    const late = await listQueued(db, { olderThanSeconds: LOST_AFTER_SECONDS, limit: AT_ONCE });
    const deliveries = [...requeued, ...late].map(({ id, attempt }) => ({ jobId: id, attempt }));
    await queue.deliverMany(deliveries);
    await failStaleValidations(db, VALIDATION_LOST_AFTER_SECONDS);
  };
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    sweeping = sweep()
      .catch((error) => log.warn({ err: error }, "the sweep failed; trying again"))
      .finally(() => {
        busy = false;
      });
  }, everySeconds * 1000);
  return {
    async stop() {
      clearInterval(timer);
      await sweeping;
    },
  };
}
