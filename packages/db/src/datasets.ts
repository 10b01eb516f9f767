import type { Column, Dataset, DatasetProfile, FileProblem } from "@descent/contracts";
import { typeid } from "typeid-js";
import { Prisma } from "../generated/client.ts";
import type { DatasetModel } from "../generated/models.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { type Database, inTransaction } from "./open-database.ts";

export interface NewDataset {
  name: string;
  format: Dataset["format"];
  sha256: string;
  bytes: number;
  /** With a profile and its table the data set is ready, without it is still being validated. */
  ready?: { profile: DatasetProfile; tableSha256: string };
}

const json = (value: unknown) => value as Prisma.InputJsonValue;
const profiled = ({ profile, tableSha256 }: NonNullable<NewDataset["ready"]>) => ({
  status: "ready",
  rows: profile.rows,
  shape: profile.shape === null ? Prisma.DbNull : json(profile.shape),
  columns: json(profile.columns),
  tableSha256,
});

export async function createDataset(
  db: Database,
  { name, format, sha256, bytes, ready }: NewDataset,
): Promise<Dataset> {
  const id = typeid("ds").toString();
  const row = { id, name, format, sha256, bytes, status: "validating" };
  return shown(
    await db.prisma.dataset.create({ data: { ...row, ...(ready ? profiled(ready) : {}) } }),
  );
}

export async function markDatasetReady(
  db: Database,
  id: string,
  ready: NonNullable<NewDataset["ready"]>,
): Promise<void> {
  await db.prisma.dataset.updateMany({
    where: { id, status: "validating" },
    data: profiled(ready),
  });
}

export async function markDatasetInvalid(
  db: Database,
  id: string,
  problems: FileProblem[],
): Promise<void> {
  const data = { status: "invalid", problems: json(problems) };
  await db.prisma.dataset.updateMany({ where: { id, status: "validating" }, data });
}

/** Says that somebody still works on the validation. */
export async function touchValidatingDataset(db: Database, id: string): Promise<void> {
  await db.pool.query("UPDATE datasets SET touched_at = now() WHERE id = $1", [id]);
}

/** Validations whose process died: nobody touched them for so long. */
export async function failStaleValidations(db: Database, seconds: number): Promise<number> {
  const problem = {
    row: 0,
    column: null,
    message: "the validation was interrupted; upload the file again",
  };
  const { rowCount } = await db.pool.query(
    `UPDATE datasets SET status = 'invalid', problems = $2
     WHERE status = 'validating' AND touched_at < now() - make_interval(secs => $1)`,
    [seconds, JSON.stringify([problem])],
  );
  return rowCount ?? 0;
}

export async function getDataset(db: Database, id: string): Promise<Dataset | null> {
  if (id.includes("\u0000")) return null; // no text of PostgreSQL holds it
  const row = await db.prisma.dataset.findFirst({ where: { id, deletedAt: null } });
  return row && shown(row);
}

export async function listDatasets(
  db: Database,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ data: Dataset[]; next_cursor: string | null }> {
  const after = cursor === undefined ? null : decodeCursor(cursor, ["instant", "string"]);
  const [createdAt, id] = after === null ? [] : [new Date(after[0]!), String(after[1])];
  const older = createdAt && {
    OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id as string } }],
  };
  const rows = await db.prisma.dataset.findMany({
    where: { deletedAt: null, ...older },
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    take: limit + 1,
  });
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  const more = rows.length > limit && last;
  return {
    data: data.map(shown),
    next_cursor: more ? encodeCursor([last.createdAt.toISOString(), last.id]) : null,
  };
}

export type Deletion =
  | { result: "deleted"; orphanedBlobs: string[] }
  | { result: "in_use" | "not_found" };

/**
 * Takes a data set out of use. The row stays, since ended jobs speak of it; its blobs are orphans when no
 * other data set has the same content. The lock keeps a job from being created at the same time.
 */
export async function deleteDataset(db: Database, id: string): Promise<Deletion> {
  return inTransaction(db, async (client) => {
    const { rows } = await client.query<{ sha256: string; table_sha256: string | null }>(
      "SELECT sha256, table_sha256 FROM datasets WHERE id = $1 AND deleted_at IS NULL FOR UPDATE",
      [id],
    );
    const found = rows[0];
    if (!found) return { result: "not_found" };
    const used = await client.query(
      "SELECT 1 FROM jobs WHERE dataset_id = $1 AND status IN ('queued', 'running') LIMIT 1",
      [id],
    );
    if (used.rows.length > 0) return { result: "in_use" };
    await client.query("UPDATE datasets SET deleted_at = now() WHERE id = $1", [id]);
    const orphans = await client.query<{ blob: string }>(
      `SELECT blob FROM unnest($1::text[]) AS blob WHERE NOT EXISTS (
         SELECT 1 FROM datasets WHERE deleted_at IS NULL AND blob IN (sha256, table_sha256))`,
      [[found.sha256, found.table_sha256].filter((blob) => blob !== null)],
    );
    return { result: "deleted", orphanedBlobs: orphans.rows.map(({ blob }) => blob) };
  });
}

function shown(row: DatasetModel): Dataset {
  return {
    id: row.id,
    name: row.name,
    status: row.status as Dataset["status"],
    format: row.format as Dataset["format"],
    sha256: row.sha256,
    bytes: Number(row.bytes),
    rows: row.rows,
    shape: row.shape as number[] | null,
    columns: row.columns as unknown as Column[],
    problems: row.problems as unknown as FileProblem[],
    created_at: row.createdAt.toISOString(),
  };
}
