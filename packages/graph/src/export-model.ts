import {
  type FeatureEncoding,
  type LayerShapes,
  type Loss,
  nameOfLoss,
  type Scale,
} from "@descent/contracts";
import { appendEncoding } from "./append-encoding.ts";
import {
  add,
  argMax,
  cast,
  concat,
  greater,
  mul,
  neg,
  scalar,
  sigmoid,
  softmax,
  squeeze,
} from "./append-nodes.ts";
import { buildForward } from "./build-forward.ts";
import { encodeOnnx } from "./encode-onnx.ts";
import { addConstant, emptyGraph, type ForwardOp, type Graph, type Value } from "./graph.ts";
import { placeBuffers, placeTensors } from "./place-tensors.ts";

export interface ModelToExport {
  /** What contracts' followShapes accepted. */
  layers: readonly LayerShapes[];
  /** The shape of one encoded sample. */
  inputShape: readonly number[];
  encoding: FeatureEncoding;
  loss: Loss;
  /** How many classes the target has; null for a number target. */
  classes: number | null;
  /** Of a number target: what is added to its predictions, and what they are multiplied by. */
  targetScale: Scale;
  /** Laid out as placeTensors says. */
  weights: Float32Array;
  /** The running statistics, laid out as placeBuffers says. */
  buffers: Float32Array;
  version: string;
  metadata: Record<string, string>;
}

/** An ONNX file is one message of protobuf, which ends at 2 GiB; all but the weights is far below 64 MiB. */
const MAX_NUMBERS = (2 ** 31 - 2 ** 26) / 4;

/**
 * A trained model as an ONNX file: `input` is raw data as appendEncoding takes them; a target over classes
 * gives `label` [rows], int64, the position of the class, and `probabilities` [rows, classes]; a number target
 * gives `prediction` [rows, 1] in its own unit.
 *
 * @returns null where it would be larger than an ONNX file can be
 */
export function exportModel(model: ModelToExport): Uint8Array | null {
  if (model.weights.length + model.buffers.length > MAX_NUMBERS) return null;
  const { layers, inputShape, encoding, version, metadata } = model;
  const forward = emptyGraph<ForwardOp>();
  const input = appendEncoding(forward, encoding);
  const raw = forward.inputs.slice();
  const built = buildForward(forward, layers, inputShape, "inference", input);
  const graph: Graph = {
    inputs: raw,
    constants: [
      ...forward.constants,
      ...filled(built.parameters, placeTensors(layers).tensors, model.weights),
      ...filled(built.buffers, placeBuffers(layers).tensors, model.buffers),
    ],
    nodes: [...forward.nodes],
  };
  return encodeOnnx(graph, appendAnswer(graph, built.output, model), { version, metadata });
}

function filled(
  values: readonly Value[],
  places: readonly { offset: number; length: number }[],
  numbers: Float32Array,
) {
  return values.map((value, index) => {
    const { offset, length } = places[index]!;
    return { value, data: numbers.subarray(offset, offset + length) };
  });
}

/** As the losses take the output, and as validation chooses the class: the first of equal logits. */
function appendAnswer(graph: Graph, output: Value, model: ModelToExport): Value[] {
  const { loss, classes, targetScale } = model;
  if (classes === null) {
    const { mean, std } = targetScale;
    const double = (number: number) => addConstant(graph, Float64Array.of(number), [1]);
    const wide = mul(graph, cast(graph, output, "float64"), double(std));
    return [named(cast(graph, add(graph, wide, double(mean)), "float32"), "prediction")];
  }
  if (nameOfLoss(loss) === "binary_cross_entropy") {
    const second = squeeze(graph, greater(graph, output, scalar(graph, 0)), [1]);
    const both = [sigmoid(graph, neg(graph, output)), sigmoid(graph, output)];
    return [
      named(cast(graph, second, "int64"), "label"),
      named(concat(graph, both, 1), "probabilities"),
    ];
  }
  return [named(argMax(graph, output), "label"), named(softmax(graph, output), "probabilities")];
}

/** The value under the name that an answer has in the file. */
function named(value: Value, name: string): Value {
  value.name = name;
  return value;
}
