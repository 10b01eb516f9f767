import type { Axis } from "../graph.ts";
import { type Length, rowsIn } from "./term.ts";
import { refuse } from "./unfit.ts";
import { MAX_AXES } from "./work.ts";

export interface Reshaped {
  shape: Axis[];
  /** How many axes of ours each of the file's is; all one, but where rows are joined with others. */
  groups: number[];
}

const isNumber = (length: Length): length is number => typeof length === "number";
const product = (lengths: readonly number[]) => lengths.reduce((all, length) => all * length, 1);
const isPositive = (length: number) => Number.isInteger(length) && length > 0;

/**
 * The shape that Reshape gives, worked out where the batch's size is not known: rows stay rows, whatever the
 * file calls them (0, −1, the batch's own size, or 1 where it was written for one row). Where the file joins
 * them with other axes, as attention does with its heads, these stay apart here, in the same order.
 *
 * @param from our axes
 * @param lengths the file's, which 0 copies
 * @param target as the node says; −1 is worked out
 */
export function reshapedTo(
  from: readonly Axis[],
  lengths: readonly Length[],
  target: readonly Length[],
  { copiesZeros, isBatchFixed }: { copiesZeros: boolean; isBatchFixed: boolean },
): Reshaped {
  if (target.length > MAX_AXES) refuse(`a shape of ${target.length} axes`, "/input/1");
  const fail = (why = "") =>
    refuse(`[${lengths.join(", ")}] does not reshape to [${target.join(", ")}]${why}`, "/input/1");
  const copied = target.map((length, axis) =>
    length === 0 && copiesZeros ? (lengths[axis] ?? fail()) : length,
  );
  const open = copied.indexOf(-1);
  const isSound = copied.every((length) => !isNumber(length) || length === -1 || length > 0);
  if (!isSound || copied.indexOf(-1, open + 1) > open) fail();
  const rows = from.indexOf("rows");
  const all = product(from.filter(isNumber));
  if (rows === -1) {
    const rest = all / product(copied.filter(isNumber).filter((length) => length !== -1));
    if (!copied.every(isNumber) || (open === -1 ? rest !== 1 : !isPositive(rest))) fail();
    const shape = copied.filter(isNumber).map((length) => (length === -1 ? rest : length));
    return { shape, groups: shape.map(() => 1) };
  }

  const before = product(from.slice(0, rows).filter(isNumber));
  const place = (axis: number) => placed(fill(copied, all, axis), axis, before, all / before);
  const named = copied.findIndex((length) => !isNumber(length));
  if (named !== -1) return place(named) ?? fail(": every row must stay a row");
  if (!isBatchFixed)
    return (open === -1 ? null : place(open)) ?? fail(": every row must stay a row");
  // The rows may be any axis; likest one that is theirs alone, or joined with what stood behind them, but hardly
  // ever with the last: these are features. Several rows at once show whether it was the right one (verifyOnnx).
  const ways = [...copied.keys()].flatMap((axis) => place(axis) ?? []);
  const isAlone = ({ groups }: Reshaped) => groups.every((axes) => axes === 1);
  const isBehind = ({ shape, groups }: Reshaped) =>
    shape[groups.findIndex((axes) => axes > 1)] === "rows";
  const inner = ways.filter(({ groups }) => groups.at(-1) === 1);
  const likest = ways.find(isAlone) ?? inner.find(isBehind) ?? inner[0] ?? ways[0];
  return likest ?? fail(": every row must stay a row");
}

/** The target with its −1 worked out, as if there were one row, where the rows are not that axis. */
function fill(target: readonly Length[], all: number, axis: number): Length[] {
  const stated = target.map((length) => rowsIn(length) ?? Number(length));
  const rest = all / product(stated.filter((length) => length !== -1));
  return target.map((length, i) => (length === -1 && i !== axis ? rest : length));
}

/**
 * The target's axes with rows in their place: the axis given is a · rows · b.
 *
 * @param before how many numbers stand before the rows, and `after` behind them
 */
function placed(
  target: readonly Length[],
  axis: number,
  before: number,
  after: number,
): Reshaped | null {
  const [head, tail] = [target.slice(0, axis), target.slice(axis + 1)];
  if (![...head, ...tail].every((length) => isNumber(length) && isPositive(length))) return null;
  const [left, right] = [head.filter(isNumber), tail.filter(isNumber)];
  const [a, b] = [before / product(left), after / product(right)];
  const length = target[axis]!;
  const said = rowsIn(length) ?? (length === -1 ? a * b : length);
  if (!isPositive(a) || !isPositive(b) || a * b !== said) return null;
  const own: Axis[] = [...(a > 1 ? [a] : []), "rows", ...(b > 1 ? [b] : [])];
  return {
    shape: [...left, ...own, ...right],
    groups: target.map((_, i) => (i === axis ? own.length : 1)),
  };
}
