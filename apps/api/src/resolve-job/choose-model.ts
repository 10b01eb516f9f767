import type {
  Fault,
  Loss,
  Model,
  ParameterTensor,
  ResolvedModel,
  UploadedModel,
} from "@descent/contracts";
import { chooseLayers } from "./choose-layers.ts";
import { chooseUpload } from "./choose-upload.ts";

/** A model as it will run, with what it trains. */
export interface ChosenModel {
  resolved: ResolvedModel;
  parameters: ParameterTensor[];
  /** How many numbers all layers together give for one row. */
  numbers: number;
}

/** What a model stands between. */
export interface Surroundings {
  /** The shape of one sample; null where it is not known. */
  inputs: readonly number[] | null;
  /** How many numbers the target needs. */
  outputs: number;
  loss: Loss | null;
}

/**
 * The model in the form it was sent in, followed through its shapes; null where that cannot be, with the
 * reason in `faults`.
 *
 * @param upload the uploaded model of the id that the model gives; null where there is none
 */
export function chooseModel(
  model: Model,
  upload: UploadedModel | null,
  around: Surroundings,
  faults: Fault[],
): ChosenModel | null {
  if ("id" in model) return chooseUpload(model, upload, around, faults);
  return chooseLayers(model, around.inputs, around.outputs, faults);
}
