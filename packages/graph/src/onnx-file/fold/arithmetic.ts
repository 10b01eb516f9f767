import { broadcastShapes } from "../../append/broadcast.ts";
import type { Call } from "../call.ts";
import type { OnnxElementType } from "../onnx-file.ts";
import { isWhole, type Known, type Length, lengthsOf, rowsIn, timesRows } from "../term.ts";
import { refuse } from "../unfit.ts";
import { MAX_FOLDED } from "../work.ts";
import { broadcast, countOf } from "./places.ts";

type Fold = (call: Call) => Known;
type Two = (a: number, b: number, type: OnnxElementType) => number;

/** What one number and the batch's size give, where that is known whatever the size. */
type WithRows = (a: Length, b: Length) => Length | null;

const never: WithRows = () => null;

function combine(of: Two, withRows: WithRows, result: OnnxElementType | null): Fold {
  return (call) =>
    call.node.inputs
      .map((_, place) => call.known(place, "it"))
      .reduce((a, b) => {
        const shape = broadcastShapes([a, b]).map(Number);
        if (countOf(shape) > MAX_FOLDED) refuse("it is worked out only for small tensors");
        const [left, right] = [a, b].map((x) => lengthsOf(broadcast(x, shape)));
        const data = left!.map((x, i): Length => {
          const y = right![i]!;
          if (typeof x === "number" && typeof y === "number") return of(x, y, a.type);
          return withRows(x, y) ?? refuse("it would count with the number of rows of a batch");
        });
        return { type: result ?? a.type, shape, data };
      });
}

function each(of: (x: number) => number): Fold {
  return (call) => {
    const x = call.known(0, "it");
    return { ...x, data: call.numbers(0, "it").map(of) };
  };
}

const truth = (of: boolean) => (of ? 1 : 0);
/** Of the two that is a number, and how many times the batch's size the other is; null where both are such. */
function apart(a: Length, b: Length): { times: number; by: number } | null {
  if (typeof a === "number") return { times: rowsIn(b)!, by: a };
  return typeof b === "number" ? { times: rowsIn(a)!, by: b } : null;
}
const whole = (times: number) => (Number.isInteger(times) && times > 0 ? timesRows(times) : null);

/** The batch's size is at least one, and not known further. */
const SIZES = {
  sum: (a, b) => (apart(a, b)?.by === 0 ? timesRows(apart(a, b)!.times) : null),
  difference: (a, b) => (b === 0 ? a : a === b ? 0 : null),
  product: (a, b) => {
    const both = apart(a, b);
    if (both?.by === 0) return 0;
    return both && whole(both.times * both.by);
  },
  quotient: (a, b) => {
    const [over, under] = [rowsIn(a), rowsIn(b)];
    if (over === null || b === 0) return null;
    const quotient = over / (under ?? Number(b));
    return under === null ? whole(quotient) : Number.isInteger(quotient) ? quotient : null;
  },
  larger: (a, b) => {
    const both = apart(a, b);
    return both && both.by <= both.times ? timesRows(both.times) : null;
  },
  smaller: (a, b) => {
    const both = apart(a, b);
    return both && both.by <= both.times ? both.by : null;
  },
  equality: (a, b) => {
    if (a === b) return 1;
    const both = apart(a, b);
    return both && both.by <= 0 ? 0 : null;
  },
} as const satisfies Record<string, WithRows>;

const dividing: Two = (a, b, type) => {
  if (!isWhole(type)) return a / b;
  return b === 0 ? refuse("it divides by zero") : Math.trunc(a / b);
};

export const ARITHMETIC: Record<string, Fold> = {
  Add: combine((a, b) => a + b, SIZES.sum, null),
  Sub: combine((a, b) => a - b, SIZES.difference, null),
  Mul: combine((a, b) => a * b, SIZES.product, null),
  Div: combine(dividing, SIZES.quotient, null),
  Mod: combine(
    (a, b) => (b === 0 ? refuse("it divides by zero") : a - b * Math.floor(a / b)),
    never,
    null,
  ),
  Pow: combine((a, b) => a ** b, never, null),
  Max: combine((a, b) => Math.max(a, b), SIZES.larger, null),
  Min: combine((a, b) => Math.min(a, b), SIZES.smaller, null),
  Equal: combine((a, b) => truth(a === b), SIZES.equality, "bool"),
  Greater: combine((a, b) => truth(a > b), never, "bool"),
  GreaterOrEqual: combine((a, b) => truth(a >= b), never, "bool"),
  Less: combine((a, b) => truth(a < b), never, "bool"),
  LessOrEqual: combine((a, b) => truth(a <= b), never, "bool"),
  And: combine((a, b) => truth(a !== 0 && b !== 0), never, "bool"),
  Or: combine((a, b) => truth(a !== 0 || b !== 0), never, "bool"),
  Not: each((x) => truth(x === 0)),
  Neg: each((x) => -x),
  Abs: each(Math.abs),
  Sign: each(Math.sign),
  Floor: each(Math.floor),
  Ceil: each(Math.ceil),
  Sqrt: each(Math.sqrt),
  Exp: each(Math.exp),
  Log: each(Math.log),
  Sin: each(Math.sin),
  Cos: each(Math.cos),
  Reciprocal: each((x) => 1 / x),
};
