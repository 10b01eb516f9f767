export type { QueueAddress } from "./connection.ts";
export { type Consumer, consume } from "./consume.ts";
export { type Delivery, openQueue, type Queue } from "./open-queue.ts";
