import { pointerStep } from "./pointer.ts";
import { faulty } from "./problem-error.ts";

/** Above what any job needs (100,000 features); a fault for each costs a tenth of a second or two. */
const MAX_VALUES = 150_000;

/** A list or an object of the body, and where it stands. */
interface Place {
  value: object;
  in: Place | null;
  key: string | number;
}

/**
 * Refuses a body of very many values before it is validated: the schema lists every fault there is, half a
 * million take seconds and hundreds of megabytes. Says which list or object is the largest.
 *
 * @throws ProblemError
 */
export function refuseBulk(body: unknown): void {
  const places: Place[] = [];
  const visit = (value: unknown, within: Place | null, key: string | number) => {
    if (typeof value === "object" && value !== null) places.push({ value, in: within, key });
  };
  visit(body, null, "");
  let [total, most] = [0, 0];
  let largest: Place | null = null;
  // The list grows while it is walked: a body may be deeper than calls can be.
  for (const place of places) {
    const entries = Array.isArray(place.value)
      ? place.value.entries()
      : Object.entries(place.value);
    let count = 0;
    for (const [key, value] of entries) {
      visit(value, place, key);
      count += 1;
    }
    // What stands alone in its list is depth, which makes one fault.
    total += Math.max(0, count - 1);
    if (count > most) [most, largest] = [count, place];
  }
  if (total <= MAX_VALUES || largest === null) return;
  const items = Array.isArray(largest.value) ? "items" : "fields";
  const message = `has ${most} ${items}; a job of more than ${MAX_VALUES} values is not looked at`;
  throw faulty("invalid_request", [{ pointer: pointerTo(largest), message }]);
}

function pointerTo(place: Place): string {
  const steps: string[] = [];
  for (let at = place; at.in !== null; at = at.in) steps.unshift(pointerStep(at.key));
  return steps.map((step) => `/${step}`).join("");
}
