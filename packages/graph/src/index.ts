export { createIndexCheck } from "./check-indices.ts";
export {
  createTrainingStep,
  type TrainingStep,
  type TrainingStepOptions,
} from "./create-training-step.ts";
export { ONNXRUNTIME_VERSION } from "./engine-version.ts";
export { exportModel } from "./export-model.ts";
export { initialiseWeights } from "./initialise-weights.ts";
export { modelOfLayers } from "./layers/model-of-layers.ts";
export type { Model } from "./model.ts";
export { cutFile } from "./onnx-file/cut-file.ts";
export { modelOfOnnx, type OnnxChoice } from "./onnx-file/model-of-onnx.ts";
export { ModelRefused } from "./onnx-file/onnx-file.ts";
export { profileOnnx } from "./onnx-file/profile-onnx.ts";
export { readOnnx } from "./onnx-file/read-onnx.ts";
export { type PlacedBuffer, type PlacedTensor, placeTensors } from "./place-tensors.ts";
