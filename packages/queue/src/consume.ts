import { makeWorker, type QueueAddress } from "./connection.ts";

export interface Consumer {
  /** Takes no more deliveries; handlers that run go on. */
  stop(): Promise<void>;
  /** Lets go of the connection. */
  close(): Promise<void>;
}

/**
 * Hands each delivery to `handler`, oldest first, at most `concurrency` at once. Delivery is at least once,
 * and two handlers may hold the same job at the same time: the handler claims it in the database.
 */
export async function consume(
  address: QueueAddress,
  { concurrency, onError }: { concurrency: number; onError: (error: Error) => void },
  handler: (jobId: string) => Promise<void>,
): Promise<Consumer> {
  let stopped = false;
  // A fetch that was under way when `stop` came may still bring one delivery. It is dropped: the row stays
  // queued, and the sweeper delivers it again.
  const unlessStopped = async (jobId: string) => {
    if (!stopped) await handler(jobId);
  };
  const worker = makeWorker(address, concurrency, unlessStopped, onError);
  await worker.waitUntilReady();
  return {
    async stop() {
      stopped = true;
      await worker.pause(true);
    },
    close: () => worker.close(true),
  };
}
