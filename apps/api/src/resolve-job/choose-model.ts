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

/**
 * The model in the form it was sent in, followed through its shapes; null where that cannot be, with the
 * reason in `faults`.
 *
 * @param upload the uploaded model of the id that the model gives; null where there is none
 * @param inputs the shape of one sample; null where it is not known
 * @param outputs how many numbers the target needs
 */
export function chooseModel(
  model: Model,
  upload: UploadedModel | null,
  {
    inputs,
    outputs,
    loss,
  }: { inputs: readonly number[] | null; outputs: number; loss: Loss | null },
  faults: Fault[],
): ChosenModel | null {
  if ("id" in model) return chooseUpload(model, upload, { inputs, outputs, loss }, faults);
  return chooseLayers(model, inputs, outputs, faults);
}
