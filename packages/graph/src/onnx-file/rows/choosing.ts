import { axisFromFront, fixedLength } from "../../append/append-node.ts";
import { concat, gather, pad, reshape, slice, squeeze, transpose } from "../../append-nodes.ts";
import type { Axis, Value } from "../../graph.ts";
import type { Call, Rows } from "../call.ts";
import { shown } from "../shown.ts";
import { isKnown } from "../term.ts";
import { expandTo, number } from "../translation.ts";
import { refuse } from "../unfit.ts";

/** Into how many parts a tensor may be cut by one node. */
const MAX_PARTS = 256;

/** Parts of tensors, and tensors joined. */
export const CHOOSING: Rows = {
  Concat: (call) => {
    const { graph, t, int, values } = call;
    const all = values();
    const rank = all[0]!.shape.length;
    if (all.some(({ shape }) => shape.length !== rank))
      refuse(`${all.map(shown).join(" and ")} have not as many axes`);
    const axis = axisFromFront(int("axis", 0), rank);
    // A file for one row may join what has a length of 1 with rows.
    const wide = all[0]!.shape.map((length, i) =>
      all.some(({ shape }) => shape[i] === "rows") ? "rows" : length,
    );
    const parts = all.map((value) => {
      const own = wide.with(axis, value.shape[axis]!);
      const isRow = t.isBatchFixed && own.some((length, i) => length !== value.shape[i]);
      const fitted = isRow ? expandTo(t, value, own) : value;
      if (fitted.shape.join() !== own.join())
        refuse(`${all.map(shown).join(" and ")} do not join along axis ${axis}`);
      return fitted;
    });
    const y = concat(graph, parts, axis);
    const logits = bothClasses(call, all, axis);
    if (logits) t.probabilities.set(y, { softmax: logits });
    return y;
  },

  Split: ({ graph, value, has, wholes, node, int, ints }) => {
    const x = value(0);
    const axis = axisFromFront(int("axis", 0), x.shape.length);
    const length = fixedLength(x, axis);
    const parts = int("num_outputs", node.outputs.length);
    if (parts < 1 || parts > MAX_PARTS) refuse(`${parts} parts`, "/attribute/num_outputs");
    const each = Math.ceil(length / parts);
    const equal = () => Array.from({ length: parts }, (_, i) => Math.min(each, length - i * each));
    const lengths = has(1) ? wholes(1, "the lengths") : (ints("split") ?? equal());
    const sum = lengths.reduce((all, part) => all + part, 0);
    if (sum !== length || lengths.some((part) => part < 1) || lengths.length > MAX_PARTS)
      refuse(`${shown(x)} does not part into [${lengths.join(", ")}] along axis ${axis}`);
    let end = 0;
    return lengths.map((part) => {
      end += part;
      return slice(graph, x, [axis], [end - part], [end]);
    });
  },

  Slice: ({ graph, value, wholes, has }) => {
    const x = value(0);
    const [starts, ends] = [wholes(1, "starts"), wholes(2, "ends")];
    const axes = has(3) ? wholes(3, "the axes") : [...starts.keys()];
    const steps = has(4) ? wholes(4, "the steps") : starts.map(() => 1);
    if (steps.some((step) => step !== 1)) refuse("steps other than 1 are not taken", "/input/4");
    if (axes.length !== starts.length || axes.length !== ends.length)
      refuse("starts, ends and axes are not as many", "/input/1");
    const cuts = axes.flatMap((counted, i) => {
      const axis = axisFromFront(counted, x.shape.length);
      const length = x.shape[axis]!;
      // All rows, however many.
      if (length === "rows" && starts[i] === 0 && ends[i]! >= 2 ** 31 - 1) return [];
      const fixed = fixedLength(x, axis);
      const place = (at: number) => Math.min(Math.max(at < 0 ? at + fixed : at, 0), fixed);
      return { axis, start: place(starts[i]!), end: place(ends[i]!) };
    });
    if (new Set(cuts.map(({ axis }) => axis)).size !== cuts.length)
      refuse("an axis is given twice", "/input/3");
    if (cuts.length === 0) return x;
    return slice(
      graph,
      x,
      cuts.map(({ axis }) => axis),
      cuts.map(({ start }) => start),
      cuts.map(({ end }) => end),
    );
  },

  Gather: (call) => {
    const { value, int, term } = call;
    const table = value(0);
    const axis = axisFromFront(int("axis", 0), table.shape.length);
    return isKnown(term(1)) ? gatherKnown(call, table, axis) : gatherByData(call, table, axis);
  },

  Pad: (call) => {
    const { graph, value, wholes, has, text } = call;
    const x = value(0);
    const given = wholes(1, "the pads");
    const axes = has(3)
      ? wholes(3, "the axes").map((axis) => axisFromFront(axis, x.shape.length))
      : [...x.shape.keys()];
    if (given.length !== 2 * axes.length || given.some((zeros) => zeros < 0))
      refuse("pads must be two numbers from 0 on for each axis", "/input/1");
    const ends = (half: 0 | 1) =>
      x.shape.map((_, axis) => {
        const i = axes.indexOf(axis);
        return i === -1 ? 0 : given[i + half * axes.length]!;
      });
    const mode = text("mode", "constant");
    if (mode === "constant") {
      const fill = has(2) ? call.number(2, "the value") : 0;
      return pad(graph, x, ends(0), ends(1), fill);
    }
    const source = PAD_MODES[mode as keyof typeof PAD_MODES];
    if (source === undefined)
      refuse(`mode ${mode} is not taken`, "/attribute/mode", [
        "constant",
        ...Object.keys(PAD_MODES),
      ]);
    return x.shape.reduce<Value>(
      (padded, _, axis) => padByCopies(call, padded, axis, ends(0)[axis]!, ends(1)[axis]!, source),
      x,
    );
  },

  // [rows, channels, h, w] as [rows, channels / b², h b, w b], and back
  DepthToSpace: ({ graph, value, int, text }) => {
    const x = value(0);
    const b = int("blocksize", 0);
    const [channels, h, w] = imageOf(x);
    if (b < 1 || channels % (b * b) !== 0) refuse(`blocks of ${b}`, "/attribute/blocksize");
    const rest = channels / (b * b);
    const isDepthFirst = text("mode", "DCR") === "DCR";
    const apart = isDepthFirst ? [b, b, rest, h, w] : [rest, b, b, h, w];
    const perm = isDepthFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3];
    const split = reshape(graph, x, [x.shape[0]!, ...apart]);
    return reshape(graph, transpose(graph, split, perm), [x.shape[0]!, rest, h * b, w * b]);
  },
  SpaceToDepth: ({ graph, value, int }) => {
    const x = value(0);
    const b = int("blocksize", 0);
    const [channels, h, w] = imageOf(x);
    if (b < 1 || h % b !== 0 || w % b !== 0) refuse(`blocks of ${b}`, "/attribute/blocksize");
    const split = reshape(graph, x, [x.shape[0]!, channels, h / b, b, w / b, b]);
    const shape = [x.shape[0]!, channels * b * b, h / b, w / b];
    return reshape(graph, transpose(graph, split, [0, 3, 5, 1, 2, 4]), shape);
  },

  "ai.onnx.ml.FeatureVectorizer": ({ graph, values }) => concat(graph, values(), 1),
};

/** Which element a padded place repeats, by its distance from the edge (from 1 on) and the axis's length. */
const PAD_MODES = {
  edge: { before: () => 0, after: (_: number, length: number) => length - 1 },
  reflect: {
    before: (away: number) => away,
    after: (away: number, length: number) => length - 1 - away,
  },
  wrap: {
    before: (away: number, length: number) => length - away,
    after: (away: number) => away - 1,
  },
};

function padByCopies(
  { graph }: Call,
  x: Value,
  axis: number,
  before: number,
  after: number,
  source: (typeof PAD_MODES)[keyof typeof PAD_MODES],
): Value {
  if (before + after === 0) return x;
  const length = fixedLength(x, axis);
  if (before + after > MAX_PARTS || Math.max(before, after) >= length)
    refuse(`${before} and ${after} do not pad ${length}`, "/input/1");
  const one = (at: number) => slice(graph, x, [axis], [at], [at + 1]);
  const begins = Array.from({ length: before }, (_, i) => one(source.before(before - i, length)));
  const ends = Array.from({ length: after }, (_, i) => one(source.after(i + 1, length)));
  return concat(graph, [...begins, x, ...ends], axis);
}

function imageOf(x: Value): [number, number, number] {
  if (x.shape.length !== 4) refuse(`it takes [rows, channels, height, width], not ${shown(x)}`);
  return [fixedLength(x, 1), fixedLength(x, 2), fixedLength(x, 3)];
}

/** Of 1 − p and p = sigmoid(z) side by side, as scikit-learn gives two classes: the logits 0 and z. */
function bothClasses({ graph, t }: Call, [first, second, ...others]: Value[], axis: number) {
  if (first === undefined || second === undefined || others.length > 0) return null;
  const isColumns = axis === 1 && [first, second].every(({ shape }) => shape.join() === "rows,1");
  const { oneMinusSigmoid } = t.probabilities.get(first) ?? {};
  const { sigmoid } = t.probabilities.get(second) ?? {};
  if (!isColumns || !oneMinusSigmoid || !sigmoid || oneMinusSigmoid !== sigmoid) return null;
  return () => {
    const z = sigmoid();
    const zeros = expandTo(t, number(t, 0), z.shape);
    return concat(graph, [zeros, z], 1);
  };
}

/** Vectors of a table of the file, by whole numbers that the data give. */
function gatherByData({ graph, t, value, node }: Call, table: Value, axis: number): Value {
  const indices = value(1);
  if (indices.type !== "int64") refuse("indices must be whole numbers", "/input/1");
  if (axis !== 0 || table.shape[0] === "rows")
    refuse("the data may choose only along the first axis of a table", "/attribute/axis", [0]);
  const isOfFile = t.tensors.has(node.inputs[0]!);
  if (!isOfFile) refuse("what the data choose from must be a tensor of the file", "/input/0");
  if (t.ids.has(indices)) {
    const entries = fixedLength(table, 0);
    t.vocabulary = Math.min(t.vocabulary ?? entries, entries);
  }
  return gather(graph, table, indices);
}

/** Elements along an axis whose places are known: slices, or for a table of the file a choice of its rows. */
function gatherKnown(call: Call, table: Value, axis: number): Value {
  const { graph, value, wholes, term } = call;
  const length = fixedLength(table, axis);
  const shape = term(1).shape.map(Number);
  const places = wholes(1, "the indices").map((at) => (at < 0 ? at + length : at));
  const wrong = places.find((at) => !(at >= 0 && at < length));
  if (wrong !== undefined) refuse(`axis ${axis} of ${shown(table)} has no place ${wrong}`);
  if (places.length === 0) refuse("it would give nothing", "/input/1");
  const cut = (from: number, to: number) => slice(graph, table, [axis], [from], [to]);
  if (shape.length === 0) return squeeze(graph, cut(places[0]!, places[0]! + 1), [axis]);
  const isRun = places.every((at, i) => at === places[0]! + i);
  const isAllPositive = wholes(1, "the indices").every((at) => at >= 0);
  const whole: Axis[] = [...table.shape.slice(0, axis), ...shape, ...table.shape.slice(axis + 1)];
  if (isRun) return reshape(graph, cut(places[0]!, places[0]! + places.length), whole);
  if (axis === 0 && isAllPositive && !table.shape.includes("rows"))
    return gather(graph, table, value(1));
  if (places.length > MAX_PARTS)
    refuse(`${places.length} places; at most ${MAX_PARTS}`, "/input/1");
  const parts = places.map((at) => cut(at, at + 1));
  const joined = parts.length === 1 ? parts[0]! : concat(graph, parts, axis);
  return reshape(graph, joined, whole);
}
