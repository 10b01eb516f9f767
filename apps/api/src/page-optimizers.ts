import { CUSTOM, type Optimizer } from "@descent/contracts";
import {
  type Database,
  decodeCursor,
  encodeCursor,
  InvalidCursor,
  listOptimizers,
} from "@descent/db";
import { listRules, type RuleDescription } from "@descent/optimizers/catalogue";

export interface OptimizerFilter {
  limit: number;
  cursor?: string | undefined;
  rule?: string | undefined;
  convention?: string | undefined;
}

/**
 * A page of all rules: the built-in ones in the catalogue's order, then users' own by name. The cursor is
 * the last rule shown, so that a rule that comes or goes shifts nothing.
 *
 * @throws InvalidCursor
 */
export async function pageOptimizers(
  db: Database,
  { limit, cursor, rule, convention }: OptimizerFilter,
): Promise<{ data: Optimizer[]; next_cursor: string | null }> {
  const after = cursor === undefined ? null : decodeCursor(cursor, ["string", "string"]);
  const wanted = (each: RuleDescription) =>
    (rule ?? each.rule) === each.rule && (convention ?? each.convention) === each.convention;
  const found = builtInAfter(after)
    .filter(wanted)
    .map(asOptimizer)
    .slice(0, limit + 1);
  if (found.length <= limit && (convention ?? CUSTOM) === CUSTOM) {
    const name = after?.[1] === CUSTOM ? String(after[0]) : null;
    const left = limit + 1 - found.length;
    found.push(...(await listOptimizers(db, { limit: left, after: name, name: rule })));
  }
  const data = found.slice(0, limit);
  const last = data.at(-1);
  const more = found.length > limit && last;
  return { data, next_cursor: more ? encodeCursor([last.rule, last.convention]) : null };
}

/** A rule as the API shows it that is in no table: built in, or only tried. */
export function asOptimizer({
  rule,
  convention,
  title,
  hypers,
  text,
  verified,
}: RuleDescription): Optimizer {
  return { rule, convention, title, hypers, text, verified, created_at: null };
}

function builtInAfter(after: (string | number)[] | null): readonly RuleDescription[] {
  if (after === null) return listRules();
  const [rule, convention] = after;
  if (convention === CUSTOM) return [];
  const index = listRules().findIndex(
    (each) => each.rule === rule && each.convention === convention,
  );
  if (index < 0) throw new InvalidCursor();
  return listRules().slice(index + 1);
}
