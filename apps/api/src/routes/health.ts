import type { Fault } from "@descent/contracts";
import { pingDatabase } from "@descent/db";
import { Type } from "typebox";
import type { App, Parts } from "../app.ts";
import { problems } from "../openapi/responses.ts";
import { problem } from "../problem/problem-error.ts";
import { within } from "../within.ts";

const Alive = Type.Object({ status: Type.Literal("ok") }, { additionalProperties: false });
const PING_MS = 2000;

export function healthRoutes(app: App, parts: Parts): void {
  app.get(
    "/healthz",
    {
      schema: {
        operationId: "isAlive",
        summary: "Is the process alive?",
        tags: ["service"],
        security: [],
        response: { 200: Alive },
      },
    },
    async () => ({ status: "ok" as const }),
  );

  app.get(
    "/readyz",
    {
      schema: {
        operationId: "isReady",
        summary: "Do the database and the queue answer?",
        tags: ["service"],
        security: [],
        response: { 200: Alive, ...problems("unavailable") },
      },
    },
    async (request) => {
      const pings = { database: () => pingDatabase(parts.db), queue: () => parts.queue.ping() };
      const faults = await Promise.all(
        Object.entries(pings).map(async ([name, ping]): Promise<Fault[]> => {
          try {
            await within(PING_MS, name, ping());
            return [];
          } catch (err) {
            request.log.warn({ err }, `the ${name} does not answer`);
            return [{ pointer: `/${name}`, message: `the ${name} does not answer` }];
          }
        }),
      );
      const errors = faults.flat();
      if (errors.length > 0)
        throw problem("unavailable", errors.map(({ message }) => message).join("; "), { errors });
      return { status: "ok" as const };
    },
  );
}
