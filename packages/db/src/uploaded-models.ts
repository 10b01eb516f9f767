import { elements, type ModelProfile, type UploadedModel } from "@descent/contracts";
import { typeid } from "typeid-js";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { type Database, inTransaction } from "./open-database.ts";

export interface NewUploadedModel {
  name: string;
  sha256: string;
  bytes: number;
  profile: ModelProfile;
}

interface Row {
  id: string;
  name: string;
  sha256: string;
  bytes: string;
  profile: ModelProfile;
  created_at: Date;
}
const COLUMNS = "id, name, sha256, bytes, profile, created_at";

export async function createUploadedModel(
  db: Database,
  { name, sha256, bytes, profile }: NewUploadedModel,
): Promise<UploadedModel> {
  const { rows } = await db.pool.query<Row>(
    `INSERT INTO models (id, name, sha256, bytes, profile) VALUES ($1, $2, $3, $4, $5)
     RETURNING ${COLUMNS}`,
    [typeid("mdl").toString(), name, sha256, bytes, JSON.stringify(profile)],
  );
  return shown(rows[0]!);
}

export async function getUploadedModel(db: Database, id: string): Promise<UploadedModel | null> {
  if (id.includes("\u0000")) return null; // no text of PostgreSQL holds it
  const { rows } = await db.pool.query<Row>(
    `SELECT ${COLUMNS} FROM models WHERE id = $1 AND deleted_at IS NULL`,
    [id],
  );
  return rows[0] ? shown(rows[0]) : null;
}

/** Newest first. */
export async function listUploadedModels(
  db: Database,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ data: UploadedModel[]; next_cursor: string | null }> {
  const [instant, id] =
    cursor === undefined ? [null, null] : decodeCursor(cursor, ["instant", "string"]);
  const { rows } = await db.pool.query<Row>(
    `SELECT ${COLUMNS} FROM models
     WHERE deleted_at IS NULL
       AND ($1::timestamptz IS NULL OR (created_at, id) < ($1::timestamptz, $2::text))
     ORDER BY created_at DESC, id DESC LIMIT $3`,
    [instant, id, limit + 1],
  );
  const data = rows.slice(0, limit).map(shown);
  const last = data.at(-1);
  const more = rows.length > limit && last;
  return { data, next_cursor: more ? encodeCursor([last.created_at, last.id]) : null };
}

export type ModelDeletion =
  | { result: "deleted"; orphanedBlob: string | null }
  | { result: "in_use" | "not_found" };

/**
 * Takes an uploaded model out of use. The row stays, since ended jobs speak of it; its blob is an orphan when
 * neither another uploaded model nor what a job has learnt is the same file. The lock keeps a job from being
 * created at the same time.
 */
export async function deleteUploadedModel(db: Database, id: string): Promise<ModelDeletion> {
  if (id.includes("\u0000")) return { result: "not_found" };
  return inTransaction(db, async (client) => {
    const { rows } = await client.query<{ sha256: string }>(
      "SELECT sha256 FROM models WHERE id = $1 AND deleted_at IS NULL FOR UPDATE",
      [id],
    );
    const found = rows[0];
    if (!found) return { result: "not_found" };
    const used = await client.query(
      "SELECT 1 FROM jobs WHERE model_id = $1 AND status IN ('queued', 'running') LIMIT 1",
      [id],
    );
    if (used.rows.length > 0) return { result: "in_use" };
    await client.query("UPDATE models SET deleted_at = now() WHERE id = $1", [id]);
    const others = await client.query(
      `SELECT 1 FROM models WHERE sha256 = $1 AND deleted_at IS NULL
       UNION ALL SELECT 1 FROM jobs WHERE model_sha256 = $1 LIMIT 1`,
      [found.sha256],
    );
    return { result: "deleted", orphanedBlob: others.rows.length > 0 ? null : found.sha256 };
  });
}

function shown({ created_at, bytes, profile, ...row }: Row): UploadedModel {
  return {
    ...row,
    bytes: Number(bytes),
    parameter_count: profile.parameters.reduce((sum, { shape }) => sum + elements(shape), 0),
    ...profile,
    created_at: created_at.toISOString(),
  };
}
