import { type Loss, nameOfLoss, type UploadChoice, uploadedParameters } from "@descent/contracts";
import { addInput, emptyGraph, type ForwardOp, type Value } from "../graph.ts";
import type { AppendedModel, Mode, Model } from "../model.ts";
import { analyse } from "./analyse.ts";
import { appendFit } from "./append-fit.ts";
import { type BuiltFile, buildFile } from "./build-file.ts";
import { replaceHead } from "./find-head.ts";
import { ModelRefused, type OnnxFile } from "./onnx-file.ts";

export interface OnnxChoice extends UploadChoice {
  /** Of one row, as the data give it. */
  inputShape: readonly number[];
  loss: Loss;
}

/**
 * An uploaded file as a model that can be trained. Over classes it gives what stands before the file's last
 * softmax or sigmoid, since losses take logits; other outputs are as the file gives them.
 *
 * @throws ModelRefused where the file is no such model, or does not give as many outputs
 * @throws Error where the choice names what the file has not: its head, or a frozen parameter
 * @throws RangeError where the data's rows do not fit, of which contracts' arrange tells
 */
export function modelOfOnnx(file: OnnxFile, choice: OnnxChoice): Model {
  const { profile, prepared: whole, head, input, pointer } = analyse(file);
  const parameters = uploadedParameters(profile, choice);
  const names = new Set(profile.parameters.map(({ name }) => name));
  const unknown = choice.frozen.find((name) => !names.has(name));
  if (unknown !== undefined) throw new Error(`the model has no parameter ${unknown}`);
  const isReplaced = choice.head === "replace";
  const prepared =
    isReplaced && head !== null ? replaceHead(whole, head, profile.head!.name) : whole;
  const trained = new Set(parameters.map(({ name }) => name));
  const buffers = [...profile.parameters, ...profile.buffers]
    .filter(({ name }) => prepared.tensors.has(name) && !trained.has(name))
    .map(({ name, shape }) => ({ name, shape: [...shape], initial: "stored" as const }));
  const options = {
    ...{ prepared, input, opset: file.opset, parameters, pointer },
    frozen: new Set(buffers.map(({ name }) => name)),
  };

  const build = (mode: Mode, graph = emptyGraph<ForwardOp>(), given?: Value) => {
    const x = given ?? addInput(graph, "input", "float32", ["rows", ...choice.inputShape]);
    const fitted = appendFit(graph, x, choice.inputShape, input.shape);
    return { x, built: buildFile(graph, mode, fitted, options) };
  };
  const { t, numbersPerRow, output } = build("inference").built;
  if (output.shape[1] !== choice.outputs)
    throw new ModelRefused([
      { pointer, message: `the model gives ${output.shape[1]} numbers, not ${choice.outputs}` },
    ]);
  return {
    inputShape: choice.inputShape,
    outputs: choice.outputs,
    ...{ parameters, buffers, numbersPerRow },
    stored: new Map(
      [...parameters, ...buffers].flatMap(({ name }) => {
        const data = prepared.tensors.get(name)?.data;
        return data instanceof Float32Array ? [[name, data] as const] : [];
      }),
    ),
    normalisations: build("training").built.t.normalisations,
    vocabulary: t.vocabulary,
    append(graph, mode, given): AppendedModel {
      const { x, built } = build(mode, graph, given);
      return {
        input: x,
        output: answerOf(built, choice.loss, isReplaced),
        parameters: [...built.t.parameters.values()],
        buffers: [...built.t.buffers.values()],
        masks: built.t.masks,
        statistics: built.t.statistics,
      };
    },
  };
}

/** What the loss takes. A new head gives logits or predictions: no softmax of the old one stays behind it. */
function answerOf({ output, probabilities }: BuiltFile, loss: Loss, isReplaced: boolean): Value {
  const { softmax, sigmoid } = probabilities;
  if (isReplaced) return (softmax ?? sigmoid)?.() ?? output;
  const name = nameOfLoss(loss);
  if (name === "cross_entropy" && softmax) return softmax();
  return name === "binary_cross_entropy" && sigmoid ? sigmoid() : output;
}
