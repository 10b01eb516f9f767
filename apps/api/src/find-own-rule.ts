import type { Optimizer } from "@descent/contracts";
import { type Database, getOptimizer } from "@descent/db";
import { conventionsOf } from "@descent/optimizers/catalogue";

/** The user's own rule of a name, whatever convention is asked for; null where it is built in, or there is none. */
export async function findOwnRule(
  db: Database,
  { rule }: { rule: string },
): Promise<Optimizer | null> {
  return conventionsOf(rule).length > 0 ? null : getOptimizer(db, rule);
}
