import type { Queryable } from "./open-database.ts";

/** A request with an Idempotency-Key; the hash is of the route and the body. */
export interface Idempotency {
  key: string;
  bodySha256: string;
}

export type FirstAnswer<T> = { result: "replayed"; answer: T } | { result: "key_reused" } | null;

/**
 * What the first request with this key was answered, or null where this is the first. Until the transaction
 * ends, other requests with the key wait here.
 */
export async function firstAnswer<T>(
  client: Queryable,
  { key, bodySha256 }: Idempotency,
): Promise<FirstAnswer<T>> {
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", [key]);
  const { rows } = await client.query<{ body_sha256: string; answer: T }>(
    "SELECT body_sha256, answer FROM idempotency_keys WHERE key = $1",
    [key],
  );
  const first = rows[0];
  if (!first) return null;
  if (first.body_sha256 !== bodySha256) return { result: "key_reused" };
  return { result: "replayed", answer: first.answer };
}

/** Keeps the answer in the transaction that makes it true. */
export async function keepAnswer(
  client: Queryable,
  { key, bodySha256 }: Idempotency,
  answer: object,
): Promise<void> {
  await client.query(
    "INSERT INTO idempotency_keys (key, body_sha256, answer) VALUES ($1, $2, $3)",
    [key, bodySha256, JSON.stringify(answer)],
  );
}
