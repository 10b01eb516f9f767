import {
  createPostgresBackend,
  Queue as RedisQueue,
  Worker as RedisWorker,
  withBackend,
} from "bullmq";

/** Where deliveries live: Redis where there is one, else a schema of the PostgreSQL database. */
export type QueueAddress = { redisUrl: string } | { postgresUrl: string };

export const QUEUE_NAME = "jobs";
const { Queue: PostgresQueue, Worker: PostgresWorker } = withBackend(createPostgresBackend);

const postgres = (connectionString: string) => ({
  connectionString,
  schema: "bullmq",
  migrate: true,
  max: 5,
});
/** ioredis must wait for a lost server instead of failing commands (BullMQ's rule for workers). */
const redis = (url: string) => ({ url, maxRetriesPerRequest: null });

export function makeQueue(address: QueueAddress, onError: (error: Error) => void) {
  const queue =
    "redisUrl" in address
      ? new RedisQueue(QUEUE_NAME, { connection: redis(address.redisUrl) })
      : new PostgresQueue(QUEUE_NAME, { connection: postgres(address.postgresUrl) });
  queue.on("error", onError);
  return queue;
}

export interface DeliveryData {
  jobId: string;
}

export function makeWorker(
  address: QueueAddress,
  concurrency: number,
  handler: (jobId: string) => Promise<void>,
  onError: (error: Error) => void,
) {
  const options = {
    concurrency,
    // A delivery only starts a job; who owns it afterwards is decided in the jobs table. So a delivery
    // that seems lost is handed out again late and once: a second claim fails anyway.
    lockDuration: 60_000,
    stalledInterval: 60_000,
    maxStalledCount: 1,
  };
  const processor = async ({ data }: { data: DeliveryData }) => handler(data.jobId);
  const worker =
    "redisUrl" in address
      ? new RedisWorker<DeliveryData>(QUEUE_NAME, processor, {
          ...options,
          connection: redis(address.redisUrl),
        })
      : new PostgresWorker<DeliveryData>(QUEUE_NAME, processor, {
          ...options,
          connection: postgres(address.postgresUrl),
        });
  worker.on("error", onError);
  return worker;
}
