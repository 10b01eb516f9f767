import type { Axis, Value } from "../graph.ts";
import { isKnown, type Length, type Term, timesRows } from "./term.ts";
import type { Translation } from "./translation.ts";

/*
 * Attention often joins rows and heads into one axis, [rows · heads, length, features], and parts them again.
 * Our graph has no axis of so many times the rows: there they stay two axes, and it is only remembered which of
 * them the file has as one.
 */

/** @param groups how many axes of ours each axis of the file is */
export function join(t: Translation, value: Value, groups: readonly number[]): Value {
  if (groups.some((axes) => axes > 1)) t.joined.set(value, groups);
  return value;
}

/** How many axes of ours each axis of the file is: one, where nothing was joined. */
export function groupsOf(t: Translation, value: Value): readonly number[] {
  return t.joined.get(value) ?? value.shape.map(() => 1);
}

/** Our axes of each axis of the file. */
export function placesOf(groups: readonly number[]): number[][] {
  let end = 0;
  return groups.map((axes) => {
    end += axes;
    return Array.from({ length: axes }, (_, i) => end - axes + i);
  });
}

/** The lengths of a term's axes, as the file has them. */
export function lengthsIn(t: Translation, term: Term): Length[] {
  const shape: readonly Axis[] = term.shape;
  if (isKnown(term) || !t.joined.has(term)) return [...shape];
  return placesOf(groupsOf(t, term)).map((places) => {
    const own = places.map((place) => shape[place]!);
    const numbers = own.filter((length) => length !== "rows");
    const times = numbers.reduce((all, length) => all * length, 1);
    return numbers.length === own.length ? times : timesRows(times);
  });
}
