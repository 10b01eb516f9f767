import type { Call } from "./call.ts";
import { ARITHMETIC } from "./fold/arithmetic.ts";
import { MAX_FOLDED } from "./fold/places.ts";
import { SHAPES } from "./fold/shapes.ts";
import { isKnown, type Known } from "./term.ts";

/** What is worked out while a file is translated, from numbers that are known: mostly shapes. */
export const FOLDS: Record<string, (call: Call) => Known | null> = { ...SHAPES, ...ARITHMETIC };

/** Whether all that a node takes is known, and little enough to be worked out here. */
export function isFoldable({ node, has, term }: Call, key: string): boolean {
  if (!Object.hasOwn(FOLDS, key)) return false;
  return node.inputs.every((_, place) => {
    if (!has(place)) return true;
    const given = term(place);
    return isKnown(given) && given.data.length <= MAX_FOLDED;
  });
}
