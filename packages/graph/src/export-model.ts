import { type FeatureEncoding, type Loss, nameOfLoss, type Scale } from "@descent/contracts";
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
import { encodeOnnx } from "./encode-onnx.ts";
import { addConstant, emptyGraph, type ForwardOp, type Graph, type Value } from "./graph.ts";
import type { Model } from "./model.ts";
import { placeTensors } from "./place-tensors.ts";

export interface ModelToExport {
  model: Model;
  encoding: FeatureEncoding;
  loss: Loss;
  /** How many classes the target has; null for a number target. */
  classes: number | null;
  /** Of a number target: what is added to its predictions, and what they are multiplied by. */
  targetScale: Scale;
  /** Laid out as placeTensors says. */
  weights: Float32Array;
  /** Running statistics and frozen tensors, laid out alike. */
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
export function exportModel(trained: ModelToExport): Uint8Array | null {
  const { model, weights, buffers, encoding, version, metadata } = trained;
  if (weights.length + buffers.length > MAX_NUMBERS) return null;
  const forward = emptyGraph<ForwardOp>();
  const input = appendEncoding(forward, encoding);
  const raw = forward.inputs.slice();
  const appended = model.append(forward, "inference", input);
  const filled = [
    ...filledWith(weights, placeTensors(model.parameters).tensors),
    ...filledWith(buffers, placeTensors(model.buffers).tensors),
  ];
  const numbers = new Map(filled);
  const graph: Graph = {
    inputs: raw,
    constants: [
      ...forward.constants,
      ...[...appended.parameters, ...appended.buffers].map((value) => ({
        value,
        data: numbers.get(value.name)!,
      })),
    ],
    nodes: [...forward.nodes],
  };
  return encodeOnnx(graph, appendAnswer(graph, appended.output, trained), { version, metadata });
}

function filledWith(
  numbers: Float32Array,
  places: readonly { name: string; offset: number; length: number }[],
) {
  return places.map(
    ({ name, offset, length }) => [name, numbers.subarray(offset, offset + length)] as const,
  );
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
