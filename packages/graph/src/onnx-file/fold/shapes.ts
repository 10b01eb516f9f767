import { axisFromFront } from "../../append/append-node.ts";
import { broadcastShapes } from "../../append/broadcast.ts";
import type { Call } from "../call.ts";
import type { OnnxElementType } from "../onnx-file.ts";
import { reshapedTo } from "../reshaped-to.ts";
import { isWhole, type Known, type Length, lengthsOf } from "../term.ts";
import { axesOf } from "../translation.ts";
import { refuse } from "../unfit.ts";
import { MAX_AXES, MAX_FOLDED } from "../work.ts";
import { broadcast, countOf, picked } from "./places.ts";

/** Null where the result is too large, or as long as a batch: then it is left to a node of the graph. */
type Fold = (call: Call) => Known | null;

const self = ({ known }: Call) => known(0, "it");

/** A shape that is small enough to be filled here. */
function small(shape: readonly Length[]): number[] {
  const fixed = shape.map((length) =>
    typeof length !== "number"
      ? refuse("it would have as many numbers as a batch has rows")
      : length,
  );
  if (fixed.some((length) => length < 0)) refuse(`there is no shape [${fixed.join(", ")}]`);
  if (fixed.length > MAX_AXES) refuse(`a shape of ${fixed.length} axes`);
  if (countOf(fixed) > MAX_FOLDED) refuse("it is worked out only for small tensors");
  return fixed;
}

function isSmall(shape: readonly Length[]): boolean {
  return (
    shape.every((length) => typeof length === "number") && countOf(shape.map(Number)) <= MAX_FOLDED
  );
}

const axes = ({ has, wholes, ints }: Call) => (has(1) ? wholes(1, "the axes") : ints("axes"));

export const SHAPES: Record<string, Fold> = {
  Identity: self,
  Cast: (call) => as(self(call), CAST[call.int("to", 0)] ?? refuse("it casts to another type")),
  CastLike: (call) => as(self(call), call.known(1, "it").type),

  Reshape: (call) => {
    const x = self(call);
    const { shape } = reshapedTo(x.shape, x.shape, call.wholes(1, "the shape"), {
      copiesZeros: call.int("allowzero", 0) === 0,
      isBatchFixed: false,
    });
    return { ...x, shape: shape.map(Number) };
  },
  Flatten: (call) => {
    const x = self(call);
    const axis = axisFromFront(call.int("axis", 1), x.shape.length + 1);
    return { ...x, shape: [countOf(x.shape.slice(0, axis)), countOf(x.shape.slice(axis))] };
  },
  Squeeze: (call) => {
    const x = self(call);
    const given = axes(call)?.map((axis) => axisFromFront(axis, x.shape.length));
    const drops = (length: number, axis: number) => (given?.includes(axis) ?? true) && length === 1;
    if (given?.some((axis) => x.shape[axis] !== 1)) refuse("an axis is not of length 1");
    return { ...x, shape: x.shape.filter((length, axis) => !drops(length, axis)) };
  },
  Unsqueeze: (call) => {
    const x = self(call);
    const given = axes(call) ?? [];
    if (given.length > MAX_AXES) refuse(`it adds ${given.length} axes`, "/input/1");
    const rank = x.shape.length + given.length;
    const added = new Set(given.map((axis) => axisFromFront(axis, rank)));
    if (added.size !== given.length) refuse("an axis is given twice");
    const own = x.shape.values();
    const shape = Array.from({ length: rank }, (_, axis) =>
      added.has(axis) ? 1 : Number(own.next().value),
    );
    return { ...x, shape };
  },
  Transpose: (call) => {
    const x = self(call);
    const all = [...x.shape.keys()];
    const perm = call.ints("perm") ?? all.toReversed();
    if (perm.toSorted((a, b) => a - b).join() !== all.join())
      refuse("perm does not order the axes");
    return picked(
      x,
      perm.map((axis) => x.shape[axis]!),
      (place) => all.map((axis) => place[perm.indexOf(axis)]!),
    );
  },
  Expand: (call) => {
    const x = self(call);
    const shape = broadcastShapes([x, { shape: axesOf(call.lengths(1, "the shape")) }]);
    return isSmall(shape) ? broadcast(x, small(shape)) : null;
  },
  ConstantOfShape: (call) => {
    const fill = call.tensor("value") ?? { type: "float32", shape: [1], data: Float32Array.of(0) };
    if (fill.data.length !== 1) refuse("the value must be one number", "/attribute/value");
    const shape = call.lengths(0, "the shape");
    return isSmall(shape) ? broadcast({ ...fill, shape: [] }, small(shape)) : null;
  },
  Range: (call) => {
    const [start, limit, delta] = [0, 1, 2].map((place) => call.number(place, "its bounds"));
    if (!delta) refuse("the step must not be zero", "/input/2");
    const count = Math.max(0, Math.ceil((limit! - start!) / delta));
    const shape = small([count]);
    const data = Array.from({ length: count }, (_, i) => start! + i * delta);
    return { type: self(call).type, shape, data };
  },

  Concat: (call) => {
    const all = call.node.inputs.map((_, place) => call.known(place, "it"));
    const axis = axisFromFront(call.int("axis", 0), all[0]!.shape.length);
    const rest = ({ shape }: Known) => shape.toSpliced(axis, 1).join();
    if (all.some((x) => x.shape.length !== all[0]!.shape.length || rest(x) !== rest(all[0]!)))
      refuse("the tensors do not join");
    const shape = all[0]!.shape.with(
      axis,
      all.reduce((sum, x) => sum + x.shape[axis]!, 0),
    );
    const before = countOf(shape.slice(0, axis));
    const data = Array.from({ length: before }, (_, i) =>
      all.flatMap((x) => {
        const each = countOf(x.shape) / before;
        return lengthsOf(x).slice(i * each, (i + 1) * each);
      }),
    ).flat();
    return { type: all[0]!.type, shape, data };
  },
  Gather: (call) => {
    const x = self(call);
    const axis = axisFromFront(call.int("axis", 0), x.shape.length);
    const length = x.shape[axis]!;
    const indices = call.known(1, "the indices");
    const places = call.wholes(1, "the indices").map((at) => (at < 0 ? at + length : at));
    const wrong = places.find((at) => !(at >= 0 && at < length));
    if (wrong !== undefined) refuse(`there is no place ${wrong} among ${length}`, "/input/1");
    const flat = [...x.shape.slice(0, axis), places.length, ...x.shape.slice(axis + 1)];
    const taken = picked(x, small(flat), (place) => place.with(axis, places[place[axis]!]!));
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    return { ...taken, shape };
  },
  Slice: (call) => {
    const x = self(call);
    const [starts, ends] = [call.wholes(1, "starts"), call.wholes(2, "ends")];
    const along = call.has(3) ? call.wholes(3, "the axes") : [...starts.keys()];
    const steps = call.has(4) ? call.wholes(4, "the steps") : starts.map(() => 1);
    const places = x.shape.map((length) => Array.from({ length }, (_, at) => at));
    for (const [i, counted] of along.entries()) {
      const axis = axisFromFront(counted, x.shape.length);
      const [start, end, step] = [starts[i], ends[i], steps[i]];
      if (start === undefined || end === undefined || !step) refuse("starts, ends and steps");
      places[axis] = slicePlaces(x.shape[axis]!, start, end, step);
    }
    return picked(
      x,
      places.map(({ length }) => length),
      (place) => place.map((at, axis) => places[axis]![at]!),
    );
  },

  // The last two axes below the diagonal, or above it; zeros elsewhere.
  Trilu: (call) => {
    const x = self(call);
    const offset = call.has(1) ? call.number(1, "the diagonal") : 0;
    const isUpper = call.int("upper", 1) !== 0;
    const [rows = 0, columns = 0] = x.shape.slice(-2);
    if (x.shape.length < 2) refuse("it takes matrices");
    const data = lengthsOf(x).map((number, flat) => {
      const beyond = (flat % columns) - (Math.floor(flat / columns) % rows) - offset;
      return (isUpper ? beyond >= 0 : beyond <= 0) ? number : 0;
    });
    return { ...x, data };
  },

  Where: (call) => {
    const all = [0, 1, 2].map((place) => call.known(place, "it"));
    const shape = small(broadcastShapes(all));
    const [condition, a, b] = all.map((x) => lengthsOf(broadcast(x, shape)));
    return { type: all[1]!.type, shape, data: condition!.map((is, i) => (is ? a![i]! : b![i]!)) };
  },
  ReduceProd: (call) => reduced(call, (a, b) => a * b, 1),
  ReduceSum: (call) => reduced(call, (a, b) => a + b, 0),
};

/** As NumPy slices, which ONNX follows: bounds are clamped, a step may go backwards. */
function slicePlaces(length: number, start: number, end: number, step: number): number[] {
  const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
  const place = (at: number) => Math.min(Math.max(at < 0 ? at + length : at, low), high);
  const [first, last] = [place(start), place(end)];
  const count = Math.max(0, Math.ceil((last - first) / step));
  return Array.from({ length: count }, (_, i) => first + i * step);
}

/** Over all axes of a vector, as shapes are. */
function reduced(call: Call, of: (a: number, b: number) => number, start: number): Known {
  const x = self(call);
  if (x.shape.length > 1) refuse("it is worked out only for vectors");
  const others = lengthsOf(x).filter((length) => length !== 1);
  const isOfOne = start === 1 && others.length === 1;
  const data: Length[] = [isOfOne ? others[0]! : call.numbers(0, "it").reduce(of, start)];
  return { type: x.type, shape: call.int("keepdims", 1) ? x.shape.map(() => 1) : [], data };
}

/** TensorProto.DataType. */
const CAST: Partial<Record<number, OnnxElementType>> = {
  ...{ 1: "float32", 6: "int32", 7: "int64", 9: "bool", 10: "float32", 11: "float64" },
};

function as(x: Known, type: OnnxElementType): Known {
  const data = lengthsOf(x).map((number) => {
    if (typeof number === "string") return number;
    if (type === "bool") return number === 0 ? 0 : 1;
    return isWhole(type) ? Math.trunc(number) : number;
  });
  return { ...x, type, data };
}
