import { Redis } from "ioredis";
import { makeQueue, type QueueAddress } from "./connection.ts";

/** What the queue carries: that a job waits, as its `attempt`-th delivery. */
export interface Delivery {
  jobId: string;
  attempt: number;
}

export interface Queue {
  backend: "redis" | "postgres";
  /** Adding the same delivery again while it is in the queue changes nothing. */
  deliver(jobId: string, attempt: number): Promise<void>;
  deliverMany(deliveries: readonly Delivery[]): Promise<void>;
  /** @throws where the queue does not answer */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param onWarning told of settings under which deliveries may be lost (the sweeper mends that)
 * @throws where the queue does not answer, or Redis may evict deliveries
 */
export async function openQueue(
  address: QueueAddress,
  { onError, onWarning }: { onError: (error: Error) => void; onWarning: (message: string) => void },
): Promise<Queue> {
  if ("redisUrl" in address) await checkRedis(address.redisUrl, onWarning);
  const queue = makeQueue(address, onError);
  await queue.waitUntilReady();
  const asAdded = ({ jobId, attempt }: Delivery) => ({
    name: "job",
    data: { jobId },
    // The row owns retries (attempts: 1). A consumed delivery leaves nothing behind, so that its id can
    // be added again.
    opts: {
      jobId: `${jobId}-${attempt}`,
      attempts: 1,
      removeOnComplete: true,
      removeOnFail: true,
    },
  });
  return {
    backend: "redisUrl" in address ? "redis" : "postgres",
    async deliver(jobId, attempt) {
      const { name, data, opts } = asAdded({ jobId, attempt });
      await queue.add(name, data, opts);
    },
    async deliverMany(deliveries) {
      if (deliveries.length > 0) await queue.addBulk(deliveries.map(asAdded));
    },
    async ping() {
      await queue.getWaitingCount();
    },
    close: () => queue.close(),
  };
}

async function checkRedis(url: string, onWarning: (message: string) => void): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1, retryStrategy: null });
  redis.on("error", () => {}); // connect() rejects with the same error
  try {
    await redis.connect();
    const setting = async (name: string) => {
      const answer = (await redis.config("GET", name)) as unknown;
      return Array.isArray(answer) ? answer[1] : (answer as Record<string, string>)[name];
    };
    const policy = await setting("maxmemory-policy");
    if (policy !== "noeviction")
      throw new Error(
        `Redis may drop deliveries: set maxmemory-policy noeviction (it is ${policy})`,
      );
    if ((await setting("appendonly")) !== "yes")
      onWarning("Redis forgets deliveries when it restarts: set appendonly yes");
  } finally {
    redis.disconnect();
  }
}
