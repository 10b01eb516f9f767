import type { Call } from "./call.ts";
import { ARITHMETIC } from "./fold/arithmetic.ts";
import { SHAPES } from "./fold/shapes.ts";
import { isKnown, type Known } from "./term.ts";
import { countKnown } from "./translation.ts";
import { MAX_FOLDED } from "./work.ts";

/** What is worked out while a file is translated, from numbers that are known: mostly shapes. */
export const FOLDS: Record<string, (call: Call) => Known | null> = { ...SHAPES, ...ARITHMETIC };

/** What a node gives, worked out from what it takes; null where that is left to a node of the graph. */
export function fold(call: Call, key: string): Known | null {
  const { t, node, has, known } = call;
  for (const place of node.inputs.keys())
    if (has(place)) countKnown(t, known(place, "it").data.length);
  const folded = FOLDS[key]!(call);
  countKnown(t, folded?.data.length ?? 0);
  return folded;
}

/** Whether all that a node takes is known, and little enough to be worked out here. */
export function isFoldable({ node, has, term }: Call, key: string): boolean {
  if (!Object.hasOwn(FOLDS, key)) return false;
  return node.inputs.every((_, place) => {
    if (!has(place)) return true;
    const given = term(place);
    return isKnown(given) && given.data.length <= MAX_FOLDED;
  });
}
