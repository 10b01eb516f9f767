#!/bin/sh
# Stands in for Prisma's schema engine, which npm does not carry: `prisma generate` needs none, but looks for one.
# Migrations are applied by packages/db (migrateDatabase), never by `prisma migrate`.
echo "Descent does not use Prisma's schema engine; migrations are applied at start (packages/db/src/migrate.ts)." >&2
exit 3
