export {
  createTrainingStep,
  type TrainingStep,
  type TrainingStepOptions,
} from "./create-training-step.ts";
export { ONNXRUNTIME_VERSION } from "./engine-version.ts";
export { initialiseWeights } from "./initialise-weights.ts";
export { type PlacedTensor, placeTensors } from "./place-tensors.ts";
