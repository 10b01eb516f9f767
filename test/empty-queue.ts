import { Redis } from "ioredis";
import { execute } from "./eventually.ts";

/** What a crash without persistence does to a queue: every delivery is gone. */
export async function emptyQueue(
  location: { redisUrl: string } | { postgresUrl: string },
): Promise<void> {
  if ("postgresUrl" in location)
    return execute(location.postgresUrl, "TRUNCATE bullmq.job CASCADE");
  const redis = new Redis(location.redisUrl);
  await redis.flushdb();
  redis.disconnect();
}
