import type { Axis } from "../graph.ts";
import type { Length } from "./term.ts";
import { refuse } from "./unfit.ts";
import { MAX_AXES } from "./work.ts";

const product = (lengths: readonly number[]) => lengths.reduce((all, length) => all * length, 1);
const isFixed = (length: Length): length is number => length !== "rows";

/**
 * The shape that Reshape gives, worked out where the batch's size is not known: rows stay rows, whatever the
 * file calls them (0, −1, the batch's own size, or 1 where it was written for one row).
 *
 * @param target as the node says: 0 copies an axis, −1 is worked out
 */
export function reshapedTo(
  from: readonly Axis[],
  target: readonly Length[],
  { copiesZeros, isBatchFixed }: { copiesZeros: boolean; isBatchFixed: boolean },
): Axis[] {
  if (target.length > MAX_AXES) refuse(`a shape of ${target.length} axes`, "/input/1");
  const asked = `[${from.join(", ")}] does not reshape to [${target.join(", ")}]`;
  const copied = target.map((length, axis) =>
    length === 0 && copiesZeros ? (from[axis] ?? refuse(asked, "/input/1")) : length,
  );
  const isSound = copied.every((length) => !isFixed(length) || length === -1 || length > 0);
  const open = copied.indexOf(-1);
  if (!isSound || copied.indexOf(-1, open + 1) > open) refuse(asked, "/input/1");
  const numbers = product(from.filter(isFixed));
  const rows = from.indexOf("rows");
  const stated = product(copied.filter(isFixed).filter((length) => length !== -1));
  const rest = numbers / stated;

  if (rows === -1) {
    if (copied.includes("rows") || (open === -1 ? rest !== 1 : !Number.isInteger(rest)))
      refuse(asked, "/input/1");
    return open === -1 ? copied : copied.with(open, rest);
  }

  const place = placeOfRows(copied, rest, isBatchFixed);
  if (place === null) refuse(`${asked}: every row must stay a row`, "/input/1");
  const shape = copied.with(place, "rows");
  const filled = open === -1 || open === place ? shape : shape.with(open, rest);
  const before = (lengths: readonly Axis[], axis: number) =>
    product(lengths.slice(0, axis).filter(isFixed));
  const isWhole = product(filled.filter(isFixed)) === numbers && filled.every(isPositive);
  if (!isWhole || before(filled, place) !== before(from, rows))
    refuse(`${asked}: it would mix the rows of a batch`, "/input/1");
  return filled;
}

/** Which axis of the target the rows are; `rest` is how many numbers of a row an axis of −1 would have to take. */
function placeOfRows(target: readonly Length[], rest: number, isBatchFixed: boolean) {
  const named = target.indexOf("rows");
  if (named !== -1) return target.indexOf("rows", named + 1) === -1 ? named : null;
  const open = target.indexOf(-1);
  if (open !== -1 && rest === 1) return open;
  return isBatchFixed && target[0] === 1 ? 0 : null;
}

const isPositive = (length: Axis) => length === "rows" || (Number.isInteger(length) && length > 0);
