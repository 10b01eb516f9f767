import { axisFromFront, fixedLength } from "../../append/append-node.ts";
import {
  add,
  div,
  expand,
  mul,
  reduceMean,
  reshape,
  sqrt,
  sub,
  unsqueeze,
} from "../../append-nodes.ts";
import { addInput, type Value } from "../../graph.ts";
import { appendBatchNorm, appendRunningNorm } from "../../layers/append-normalisation.ts";
import type { Call, Rows } from "../call.ts";
import { shown } from "../shown.ts";
import { bufferOf, number, type Translation } from "../translation.ts";
import { refuse } from "../unfit.ts";
import { checkFits } from "./products.ts";

/** What behaves differently in training, and normalisations. */
export const NORMALISATION: Rows = {
  Dropout: (call) => {
    const { graph, t, value, has } = call;
    const rate = has(1) ? call.number(1, "the ratio") : 0.5;
    if (!(rate >= 0 && rate < 1)) refuse("the ratio must be from 0 to below 1", "/input/1");
    const x = value(0);
    if (x.shape[0] !== "rows") refuse(`it takes rows of a batch, not ${shown(x)}`);
    if (t.mode === "inference" || rate === 0) return x;
    const mask = addInput(graph, `mask_${t.masks.length}`, "float32", x.shape);
    t.masks.push({ value: mask, rate });
    return mul(graph, x, mask);
  },

  // In training by the statistics of the batch, unless scale and bias are both frozen: then, as in Keras, it
  // stays as it is in inference.
  BatchNormalization: (call) => {
    const { graph, t, value, float, node } = call;
    const x = value(0);
    if (x.shape.length < 2 || x.shape[0] !== "rows")
      refuse(`it takes [rows, channels, ...], not ${shown(x)}`);
    const channels = fixedLength(x, 1);
    for (const place of [1, 2, 3, 4]) {
      const { shape } = call.term(place);
      if (shape.join() !== `${channels}`)
        refuse(`${shown({ shape })} does not fit ${channels} channels`, `/input/${place}`);
    }
    const own = [value(1), value(2)];
    const eps = float("epsilon", 1e-5);
    const [mean, variance] = [node.inputs[3]!, node.inputs[4]!];
    const isTrained = own.some((vector) => isParameter(t, vector));
    if (t.mode === "inference" || !isTrained)
      return appendRunningNorm(graph, x, own, [running(call, 3), running(call, 4)], eps);
    const { output, statistics } = appendBatchNorm(graph, x, own, eps);
    const perRow = x.shape.slice(2).reduce<number>((all, length) => all * Number(length), 1);
    // ONNX's momentum is how much of the old stays.
    const momentum = 1 - float("momentum", 0.9);
    t.statistics.push(statistics);
    t.normalisations.push({ mean, variance, momentum, perRow });
    return output;
  },

  // Over the axes from `axis` on (Ba et al. 2016).
  LayerNormalization: (call) => {
    const { graph, t, value, has, int, float } = call;
    const x = value(0);
    const first = axisFromFront(int("axis", -1), x.shape.length);
    const axes = [...x.shape.keys()].slice(first);
    if (axes.some((axis) => x.shape[axis] === "rows"))
      refuse(`of ${shown(x)} it would join the rows of a batch`);
    const normal = normalise(t, x, axes, float("epsilon", 1e-5));
    checkFits(value(1), x.shape);
    const scaled = mul(graph, normal, value(1));
    if (!has(2)) return scaled;
    checkFits(value(2), x.shape);
    return add(graph, scaled, value(2));
  },

  // Every channel of every row for itself (Ulyanov et al. 2016).
  InstanceNormalization: ({ graph, t, value, float }) => {
    const x = value(0);
    if (x.shape.length < 3) refuse(`it takes [rows, channels, ...], not ${shown(x)}`);
    const axes = [...x.shape.keys()].slice(2);
    const normal = normalise(t, x, axes, float("epsilon", 1e-5));
    const scaled = mul(graph, normal, alongChannels(graph, value(1), x));
    return add(graph, scaled, alongChannels(graph, value(2), x));
  },

  // Groups of channels of every row (Wu & He 2018). Scale and bias are by group before opset 21, by channel since.
  GroupNormalization: (call) => {
    const { graph, t, value, int, float } = call;
    const x = value(0);
    const [groups, channels] = [int("num_groups", 0), fixedLength(x, 1)];
    if (groups < 1 || channels % groups !== 0)
      refuse(`${channels} channels do not part into ${groups} groups`, "/attribute/num_groups");
    const each = channels / groups;
    const rest = x.shape.slice(2).reduce<number>((all, _, i) => all * fixedLength(x, i + 2), 1);
    const apart = reshape(graph, x, [x.shape[0]!, groups, each * rest]);
    const normal = reshape(graph, normalise(t, apart, [2], float("epsilon", 1e-5)), x.shape);
    const [scale, bias] = [value(1), value(2)].map((vector) => {
      const byGroup = vector.shape.join() === `${groups}` && t.opset < 21;
      return alongChannels(graph, byGroup ? repeated(graph, vector, each) : vector, x);
    });
    return add(graph, mul(graph, normal, scale!), bias!);
  },

  // (x − mean) / √variance over axes of a row
  MeanVarianceNormalization: ({ t, value, ints }) => {
    const x = value(0);
    const axes = (ints("axes") ?? [0, 2, 3]).map((axis) => axisFromFront(axis, x.shape.length));
    if (axes.some((axis) => x.shape[axis] === "rows"))
      refuse(`of ${shown(x)} it would join the rows of a batch`);
    return normalise(t, x, axes, 1e-9);
  },
};

const isParameter = (t: Translation, value: Value) => t.parameters.get(value.name) === value;

/** Running statistics are the file's own tensors, which training moves. */
function running({ t, node }: Call, place: number): Value {
  const name = node.inputs[place]!;
  if (!t.frozen.has(name))
    refuse("running statistics must be float32 tensors of the file", `/input/${place}`);
  return bufferOf(t, name);
}

function normalise(t: Translation, x: Value, axes: number[], eps: number): Value {
  const { graph } = t;
  const centred = sub(graph, x, reduceMean(graph, x, axes, 1));
  const variance = reduceMean(graph, mul(graph, centred, centred), axes, 1);
  const deviation = sqrt(graph, add(graph, variance, number(t, eps)));
  return div(graph, centred, deviation);
}

function alongChannels(graph: Call["graph"], vector: Value, x: Value): Value {
  if (vector.shape.length !== 1 || vector.shape[0] !== x.shape[1])
    refuse(`${shown(vector)} does not fit ${shown(x)}`);
  return reshape(graph, vector, [fixedLength(x, 1), ...x.shape.slice(2).map(() => 1)]);
}

/** [a, b] as [a, a, ..., b, b, ...]. */
function repeated(graph: Call["graph"], vector: Value, times: number): Value {
  const groups = fixedLength(vector, 0);
  return reshape(graph, expand(graph, unsqueeze(graph, vector, [1]), [groups, times]), [
    groups * times,
  ]);
}
