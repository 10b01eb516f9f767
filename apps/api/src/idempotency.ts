import { createHash } from "node:crypto";
import type { Idempotency } from "@descent/db";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";

/** The headers of every POST that creates. */
export const IdempotencyHeaders = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({ minLength: 1, maxLength: 255, pattern: "^[\\x21-\\x7e]+$" }),
  ),
});

/** The request's key with the hash of its route and body; nothing where it has no key. */
export function idempotencyOf({ method, routeOptions, headers, body }: FastifyRequest): {
  idempotency?: Idempotency;
} {
  const key = headers["idempotency-key"];
  if (typeof key !== "string") return {};
  const bodySha256 = createHash("sha256")
    .update(JSON.stringify([method, routeOptions.url, body]))
    .digest("hex");
  return { idempotency: { key, bodySha256 } };
}
