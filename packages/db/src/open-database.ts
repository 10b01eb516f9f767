import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { PrismaClient } from "../generated/client.ts";

/** One pool of connections, and Prisma's client on top of it. */
export interface Database {
  prisma: PrismaClient;
  pool: pg.Pool;
}

/** Either the pool or a connection in a transaction: what a statement needs. */
export type Queryable = Pick<pg.Pool, "query">;

export function openDatabase(
  connectionString: string,
  { poolSize = 10, onError }: { poolSize?: number; onError?: (error: Error) => void } = {},
): Database {
  const pool = new pg.Pool({
    connectionString,
    max: poolSize,
    statement_timeout: 30_000,
    connectionTimeoutMillis: 10_000,
    application_name: "descent",
  });
  // An idle connection that the server closed is replaced at the next use; unheard, it would end the process.
  pool.on("error", (error) => onError?.(error));
  return { pool, prisma: new PrismaClient({ adapter: new PrismaPg(pool) }) };
}

export async function closeDatabase(db: Database): Promise<void> {
  await db.prisma.$disconnect();
  if (!db.pool.ended) await db.pool.end();
}

/** @throws where the database does not answer */
export async function pingDatabase(db: Database): Promise<void> {
  await db.pool.query("SELECT 1");
}

export async function inTransaction<T>(
  db: Database,
  work: (client: Queryable) => Promise<T>,
): Promise<T> {
  const client = await db.pool.connect();
  // A connection that dies while it is out says so here too; the statement under way fails with the same error.
  const lost = () => {};
  client.on("error", lost);
  try {
    await client.query("BEGIN");
    const result = await work(client);
    await client.query("COMMIT");
    client.off("error", lost);
    client.release();
    return result;
  } catch (error) {
    const broken = await client.query("ROLLBACK").then(
      () => false,
      () => true,
    );
    client.off("error", lost);
    client.release(broken);
    throw error;
  }
}
