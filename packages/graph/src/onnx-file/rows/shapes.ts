import { axisFromFront } from "../../append/append-node.ts";
import {
  cast,
  expand,
  flatten,
  identity,
  reshape,
  squeeze,
  transpose,
  unsqueeze,
} from "../../append-nodes.ts";
import type { Axis, ElementType, Value } from "../../graph.ts";
import type { Call, Rows } from "../call.ts";
import { join, lengthsIn } from "../join.ts";
import { reshapedTo } from "../reshaped-to.ts";
import { shown } from "../shown.ts";
import type { Known, Length } from "../term.ts";
import { asValue, expandTo, type Translation } from "../translation.ts";
import { refuse } from "../unfit.ts";
import { MAX_AXES } from "../work.ts";

/** The same numbers in another shape or type, and what is known of shapes. */
export const SHAPES: Rows = {
  Identity: ({ graph, t, value }) => moved(t, value(0), identity(graph, value(0))),

  Cast: (call) => {
    const to = call.int("to", 0);
    const type = (TYPES as Partial<Record<number, ElementType>>)[to];
    if (type === undefined) refuse(`to ${to} is not taken`, "/attribute/to", Object.keys(TYPES));
    return castTo(call, type);
  },
  CastLike: (call) => castTo(call, call.value(1).type),

  Reshape: ({ graph, t, value, lengths, int }) => {
    const x = value(0);
    const target = lengths(1, "the shape");
    const { shape, groups } = reshapedTo(x.shape, lengthsIn(t, x), target, {
      copiesZeros: int("allowzero", 0) === 0,
      isBatchFixed: t.isBatchFixed,
    });
    return join(t, moved(t, x, reshape(graph, x, shape)), groups);
  },
  Flatten: ({ graph, t, value, int }) => {
    const x = value(0);
    const axis = int("axis", 1);
    if (axis < -x.shape.length || axis > x.shape.length) refuse(`${shown(x)} has no axis ${axis}`);
    return moved(t, x, flatten(graph, x, axis));
  },
  Squeeze: (call) => {
    const { graph, t, value } = call;
    const x = value(0);
    const given = axesOf(call, 1);
    const axes =
      given?.map((axis) => axisFromFront(axis, x.shape.length)) ??
      [...x.shape.keys()].filter((axis) => x.shape[axis] === 1);
    for (const axis of axes)
      if (x.shape[axis] !== 1)
        refuse(
          x.shape[axis] === "rows"
            ? "it would drop the axis of the batch: export the model with a dynamic batch axis"
            : `axis ${axis} of ${shown(x)} is not of length 1`,
        );
    return axes.length === 0 ? x : moved(t, x, squeeze(graph, x, [...new Set(axes)]));
  },
  Unsqueeze: (call) => {
    const { graph, t, value } = call;
    const axes = axesOf(call, 1) ?? [];
    if (axes.length > MAX_AXES) refuse(`it adds ${axes.length} axes`, "/input/1");
    const places = axes.map((axis) => axisFromFront(axis, value(0).shape.length + axes.length));
    if (new Set(places).size !== axes.length) refuse("an axis is given twice", "/input/1");
    return moved(t, value(0), unsqueeze(graph, value(0), axes));
  },
  Transpose: ({ graph, t, value, ints }) => {
    const x = value(0);
    const all = [...x.shape.keys()];
    const perm = ints("perm") ?? all.toReversed();
    if (perm.toSorted((a, b) => a - b).join() !== all.join())
      refuse(`perm [${perm.join(", ")}] does not order the axes of ${shown(x)}`, "/attribute/perm");
    return moved(t, x, transpose(graph, x, perm));
  },
  Expand: ({ t, value, lengths }) => expandTo(t, value(0), lengths(1, "the shape")),

  // As often along each axis as the repeats say: an axis before each, repeated, and joined with it.
  Tile: ({ graph, value, wholes }) => {
    const x = value(0);
    const repeats = wholes(1, "the repeats");
    if (repeats.length !== x.shape.length || repeats.some((times) => times < 1))
      refuse("it needs one positive number for each axis", "/input/1");
    const apart = x.shape.flatMap((length): Axis[] => [1, length]);
    const wide = x.shape.flatMap((length, axis) => [
      repeats[axis]!,
      length === "rows" ? 1 : length,
    ]);
    const shape = x.shape.map((length, axis) => {
      if (length !== "rows") return length * repeats[axis]!;
      return repeats[axis] === 1 ? length : refuse("it would repeat the rows of a batch");
    });
    return reshape(graph, expand(graph, reshape(graph, x, apart), wide), shape);
  },

  Shape: ({ t, term, int }) => {
    const shape = lengthsIn(t, term(0));
    const at = (axis: number) =>
      Math.min(Math.max(axis < 0 ? axis + shape.length : axis, 0), shape.length);
    return vector(shape.slice(at(int("start", 0)), at(int("end", shape.length))));
  },
  Size: ({ term }) => {
    const { shape } = term(0);
    const fixed = shape.filter((length) => length !== "rows").map(Number);
    const product = fixed.reduce((all, length) => all * length, 1);
    if (fixed.length !== shape.length && product !== 1)
      refuse("the number of elements of a batch is not known before a run");
    return { ...vector([fixed.length === shape.length ? product : "rows"]), shape: [] };
  },
  ConstantOfShape: ({ t, lengths, tensor }) => {
    const fill = tensor("value") ?? { type: "float32", shape: [1], data: Float32Array.of(0) };
    if (fill.data.length !== 1) refuse("the value must be one number", "/attribute/value");
    return expandTo(t, asValue(t, { ...fill, shape: [] }), lengths(0, "the shape"));
  },
};

/** TensorProto.DataType of what a tensor may become: floats are all float32 here, whole numbers all int64. */
const TYPES = {
  1: "float32",
  6: "int64",
  7: "int64",
  9: "bool",
  10: "float32",
  11: "float32",
  16: "float32",
} as const;

function castTo({ graph, t, value }: Call, type: ElementType): Value {
  const x = value(0);
  return x.type === type ? x : moved(t, x, cast(graph, x, type));
}

/** Axes are an attribute of reductions before opset 18, an input since; of Squeeze and Unsqueeze always. */
function axesOf({ has, wholes, ints }: Call, place: number): number[] | null {
  return has(place) ? wholes(place, "the axes") : ints("axes");
}

const vector = (lengths: readonly Length[]): Known => ({
  ...{ type: "int64", shape: [lengths.length], data: lengths },
});

/** y is x with its numbers in the same order: what is known of x's is known of y's. */
function moved(t: Translation, x: Value, y: Value): Value {
  if (t.ids.has(x) && y.type !== "float32") t.ids.add(y);
  const { softmax, sigmoid } = t.probabilities.get(x) ?? {};
  const again = (of: () => Value) => () => reshape(t.graph, of(), y.shape);
  const isByClass = classes(x) === classes(y);
  if (x.type === y.type && isByClass && (softmax || sigmoid))
    t.probabilities.set(y, {
      ...(softmax ? { softmax: again(softmax) } : {}),
      ...(sigmoid ? { sigmoid: again(sigmoid) } : {}),
    });
  return y;
}

/** The first two axes where all others are of length 1: rows and classes stay such when these come and go. */
function classes({ shape }: Value): string {
  const rest = shape.slice(2).filter((length) => length !== 1);
  return [...shape.slice(0, 2), ...rest].join();
}
