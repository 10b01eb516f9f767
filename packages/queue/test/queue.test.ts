import { emptyQueue } from "@descent/test/empty-queue";
import { eventually } from "@descent/test/eventually";
import {
  createTestDatabase,
  queueLocation,
  type TestDatabase,
  testQueues,
} from "@descent/test/harness";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Consumer, consume, openQueue, type Queue, type QueueAddress } from "../src/index.ts";

describe.each(testQueues())("the queue on $name", (backend) => {
  let database: TestDatabase;
  let at: QueueAddress;
  let queue: Queue;
  const consumers: Consumer[] = [];
  const onError = () => {}; // databases go away under the connections at the end of a test
  const taking = async (handler: (jobId: string) => Promise<void>, concurrency = 1) => {
    consumers.push(await consume(at, { concurrency, onError }, handler));
  };

  beforeEach(async () => {
    database = await createTestDatabase();
    at = queueLocation(backend, database);
    queue = await openQueue(at, { onError, onWarning: () => {} });
  });
  afterEach(async () => {
    for (const consumer of consumers.splice(0)) await consumer.close();
    await queue.close();
    await database.drop();
  });

  test("a delivery added twice is one, and comes in order", async () => {
    await queue.deliver("job_1", 0);
    await queue.deliver("job_1", 0);
    await queue.deliverMany([
      { jobId: "job_2", attempt: 0 },
      { jobId: "job_1", attempt: 0 },
      { jobId: "job_3", attempt: 1 },
    ]);
    const seen: string[] = [];
    await taking(async (jobId) => void seen.push(jobId));
    await eventually(async () => seen.length >= 3);
    await queue.deliver("job_1", 0); // consumed: the same id is a new delivery
    await eventually(async () => seen.length >= 4);
    expect(seen).toEqual(["job_1", "job_2", "job_3", "job_1"]);
  });

  test("a handler that throws ends its delivery, and the next one comes", async () => {
    const seen: string[] = [];
    await taking(async (jobId) => {
      seen.push(jobId);
      if (jobId === "job_1") throw new Error("on purpose");
    });
    await queue.deliver("job_1", 0);
    await queue.deliver("job_2", 0);
    await eventually(async () => seen.includes("job_2"));
    expect(seen).toEqual(["job_1", "job_2"]);
  });

  test("what was lost can be delivered again", async () => {
    await queue.deliver("job_1", 0);
    await emptyQueue(at);
    await queue.deliver("job_1", 0);
    const seen: string[] = [];
    await taking(async (jobId) => void seen.push(jobId));
    await eventually(async () => seen.length > 0);
    expect(seen).toEqual(["job_1"]);
  });

  test("a stopped consumer takes no more", async () => {
    const seen: string[] = [];
    await taking(async (jobId) => void seen.push(jobId));
    await consumers[0]!.stop();
    await queue.deliver("job_1", 0);
    await taking(async (jobId) => void seen.push(`other ${jobId}`));
    await queue.deliver("job_1", 1); // the first delivery may have gone to the one that stopped
    await eventually(async () => seen.length > 0);
    expect(seen).not.toContain("job_1");
    expect(queue.backend).toBe(backend.name);
    await queue.ping();
  });
});
