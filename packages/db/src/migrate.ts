import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import pg from "pg";

const FOLDER = new URL("../../../prisma/migrations/", import.meta.url);
/** Any number that nothing else in the database locks. */
const LOCK = 7_346_120_931;

/**
 * Applies the migrations that are missing, in order, each in a transaction of its own, and writes the rows
 * that Prisma's own command would write. Safe when many processes start at once.
 *
 * @returns the names applied now
 * @throws where an applied migration differs from its file, or is unknown to this version
 */
export async function migrateDatabase(connectionString: string): Promise<string[]> {
  const client = new pg.Client({ connectionString, application_name: "descent migrate" });
  await client.connect();
  try {
    await client.query("SELECT pg_advisory_lock($1)", [LOCK]);
    await client.query(`CREATE TABLE IF NOT EXISTS _prisma_migrations (
      id VARCHAR(36) PRIMARY KEY, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
      migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
      started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`);
    const { rows } = await client.query<{ migration_name: string; checksum: string }>(
      "SELECT migration_name, checksum FROM _prisma_migrations WHERE rolled_back_at IS NULL",
    );
    const applied = new Map(rows.map((row) => [row.migration_name, row.checksum]));
    const files = await readMigrations();
    for (const name of applied.keys()) {
      if (!files.some((file) => file.name === name))
        throw new Error(
          `the database has the migration "${name}", which this version does not know`,
        );
    }
    const missing = files.filter(({ name }) => !applied.has(name));
    for (const { name, checksum } of files) {
      if ((applied.get(name) ?? checksum) !== checksum)
        throw new Error(
          `the migration "${name}" was changed after it was applied to this database`,
        );
    }
    for (const { name, checksum, sql } of missing) {
      await client.query("BEGIN");
      await client.query(sql);
      await client.query(
        `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
         VALUES ($1, $2, $3, now(), 1)`,
        [randomUUID(), checksum, name],
      );
      await client.query("COMMIT");
    }
    return missing.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

async function readMigrations() {
  const names = (await readdir(FOLDER, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(`${name}/migration.sql`, FOLDER), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}
