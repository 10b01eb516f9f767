import { CUSTOM, type Hyper, type Optimizer } from "@descent/contracts";
import { firstAnswer, type Idempotency, keepAnswer } from "./idempotency.ts";
import { type Database, inTransaction } from "./open-database.ts";

/** A rule of a user's own. Its row never changes; `hypers` is what its text declares. */
export interface NewOptimizer {
  name: string;
  text: string;
  title: string;
  hypers: Hyper[];
  idempotency?: Idempotency;
}
export type OptimizerCreation =
  | { result: "created" | "replayed" | "exists"; optimizer: Optimizer }
  | { result: "key_reused" | "name_taken" };

interface Row extends Pick<Optimizer, "title" | "hypers" | "text"> {
  name: string;
  created_at: Date;
}
const COLUMNS = "name, text, title, hypers, created_at";

/**
 * Records a rule. The same name with the same text is the rule that is there already (`exists`), with
 * another text it is taken. An idempotency key is committed with what it created, and with nothing else.
 */
export async function createOptimizer(
  db: Database,
  { name, text, title, hypers, idempotency }: NewOptimizer,
): Promise<OptimizerCreation> {
  return inTransaction(db, async (client) => {
    if (idempotency) {
      const first = await firstAnswer<Optimizer>(client, idempotency);
      if (first?.result === "replayed") return { result: "replayed", optimizer: first.answer };
      if (first) return first;
    }
    // The update changes nothing: it gives the row that is in the way, and keeps it from being deleted.
    const { rows } = await client.query<Row & { created: boolean }>(
      `INSERT INTO optimizers (name, text, title, hypers) VALUES ($1, $2, $3, $4)
       ON CONFLICT (name) DO UPDATE SET title = optimizers.title
       RETURNING ${COLUMNS}, xmax = 0 AS created`,
      [name, text, title, JSON.stringify(hypers)],
    );
    const { created, ...row } = rows[0]!;
    const optimizer = shown(row);
    if (!created)
      return plain(row.text) === plain(text)
        ? { result: "exists", optimizer }
        : { result: "name_taken" };
    if (idempotency) await keepAnswer(client, idempotency, optimizer);
    return { result: "created", optimizer };
  });
}

export async function getOptimizer(db: Database, name: string): Promise<Optimizer | null> {
  if (name.includes("\u0000")) return null; // no text of PostgreSQL holds it
  const { rows } = await db.pool.query<Row>(`SELECT ${COLUMNS} FROM optimizers WHERE name = $1`, [
    name,
  ]);
  return rows[0] ? shown(rows[0]) : null;
}

/** Users' own rules by name, from the one after `after` on. */
export async function listOptimizers(
  db: Database,
  { limit, after, name }: { limit: number; after: string | null; name?: string | undefined },
): Promise<Optimizer[]> {
  // By bytes, as names are compared everywhere else, whatever the database's collation is.
  const { rows } = await db.pool.query<Row>(
    `SELECT ${COLUMNS} FROM optimizers
     WHERE ($1::text IS NULL OR name COLLATE "C" > $1) AND ($2::text IS NULL OR name = $2)
     ORDER BY name COLLATE "C" LIMIT $3`,
    [after, name ?? null, limit],
  );
  return rows.map(shown);
}

/** Deletes a rule that no job ever used: what a job used stays what it was. */
export async function deleteOptimizer(
  db: Database,
  name: string,
): Promise<"deleted" | "in_use" | "not_found"> {
  if (name.includes("\u0000")) return "not_found";
  return inTransaction(db, async (client) => {
    // The lock waits for jobs being created with the rule (FOR SHARE there), and they for this.
    const { rows } = await client.query("SELECT 1 FROM optimizers WHERE name = $1 FOR UPDATE", [
      name,
    ]);
    if (rows.length === 0) return "not_found";
    const used = await client.query("SELECT 1 FROM jobs WHERE custom_rule = $1 LIMIT 1", [name]);
    if (used.rows.length > 0) return "in_use";
    await client.query("DELETE FROM optimizers WHERE name = $1", [name]);
    return "deleted";
  });
}

/** Line ends and what stands after the last word make no other rule. */
const plain = (text: string) => text.replaceAll("\r\n", "\n").trimEnd();

function shown({ name, title, hypers, text, created_at }: Row): Optimizer {
  return {
    rule: name,
    convention: CUSTOM,
    title,
    hypers,
    text,
    verified: null,
    created_at: created_at.toISOString(),
  };
}
