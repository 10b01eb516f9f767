import { broadcastShapes } from "../../append/broadcast.ts";
import type { Call } from "../call.ts";
import type { OnnxElementType } from "../onnx-file.ts";
import { isWhole, type Known, type Length, lengthsOf } from "../term.ts";
import { refuse } from "../unfit.ts";
import { broadcast, countOf, MAX_FOLDED } from "./places.ts";

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
          if (x !== "rows" && y !== "rows") return of(x, y, a.type);
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
const either = (a: Length, b: Length) => (a === "rows" ? b : a);
const dividing: Two = (a, b, type) => {
  if (!isWhole(type)) return a / b;
  return b === 0 ? refuse("it divides by zero") : Math.trunc(a / b);
};

/** The batch's size is at least one, and not known further. */
const isRows: WithRows = (a, b) => {
  if (a === b) return 1;
  const other = either(a, b);
  return other !== "rows" && other <= 0 ? 0 : null;
};

export const ARITHMETIC: Record<string, Fold> = {
  Add: combine(
    (a, b) => a + b,
    (a, b) => (either(a, b) === 0 ? "rows" : null),
    null,
  ),
  Sub: combine(
    (a, b) => a - b,
    (a, b) => (b === 0 ? a : a === b ? 0 : null),
    null,
  ),
  Mul: combine(
    (a, b) => a * b,
    (a, b) => {
      const other = either(a, b);
      return other === 1 ? "rows" : other === 0 ? 0 : null;
    },
    null,
  ),
  Div: combine(dividing, (a, b) => (b === 1 ? a : a === b ? 1 : null), null),
  Mod: combine(
    (a, b) => (b === 0 ? refuse("it divides by zero") : a - b * Math.floor(a / b)),
    never,
    null,
  ),
  Pow: combine((a, b) => a ** b, never, null),
  Max: combine(
    (a, b) => Math.max(a, b),
    (a, b) => (Number(either(a, b)) <= 1 ? "rows" : null),
    null,
  ),
  Min: combine(
    (a, b) => Math.min(a, b),
    (a, b) => (Number(either(a, b)) <= 1 ? either(a, b) : null),
    null,
  ),
  Equal: combine((a, b) => truth(a === b), isRows, "bool"),
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
