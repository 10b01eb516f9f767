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
/** A worker waits for a lost server (BullMQ's rule); who answers a request must fail instead of hang. */
const patient = { maxRetriesPerRequest: null };
const impatient = { maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: 5000 };

export function makeQueue(address: QueueAddress, onError: (error: Error) => void) {
  const queue =
    "redisUrl" in address
      ? new RedisQueue(QUEUE_NAME, { connection: { url: address.redisUrl, ...impatient } })
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
    // Who owns a job is decided in the jobs table, so handing a delivery out twice does no harm. It must be
    // handed out again soon where a worker died between taking it and claiming the job: until its lock
    // expires, the sweeper's delivery of the same id changes nothing.
    lockDuration: 15_000,
    stalledInterval: 5_000,
    maxStalledCount: 1,
  };
  const processor = async ({ data }: { data: DeliveryData }) => handler(data.jobId);
  const worker =
    "redisUrl" in address
      ? new RedisWorker<DeliveryData>(QUEUE_NAME, processor, {
          ...options,
          connection: { url: address.redisUrl, ...patient },
        })
      : new PostgresWorker<DeliveryData>(QUEUE_NAME, processor, {
          ...options,
          connection: postgres(address.postgresUrl),
        });
  worker.on("error", onError);
  worker.on("failed", (_delivery, error) => onError(error));
  return worker;
}
