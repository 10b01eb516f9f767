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
  const worker = makeWorker(address, concurrency, handler, onError);
  await worker.waitUntilReady();
  return {
    stop: () => worker.pause(true),
    close: () => worker.close(true),
  };
}
