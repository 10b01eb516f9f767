import { CUSTOM, type Optimizer } from "@descent/contracts";
import { type Database, getOptimizer } from "@descent/db";
import { conventionsOf } from "@descent/optimizers/catalogue";

/** How a request names a rule. */
interface Named {
  rule: string;
  convention?: string | undefined;
}

/**
 * The user's own rule that a request means: one in the convention `custom`, or, with the convention left
 * out, of a name that no built-in rule has. Null where it means a built-in rule, or there is none.
 */
export async function findOwnRule(
  db: Database,
  { rule, convention }: Named,
): Promise<Optimizer | null> {
  const own = convention ?? (conventionsOf(rule).length > 0 ? null : CUSTOM);
  return own === CUSTOM ? getOptimizer(db, rule) : null;
}
