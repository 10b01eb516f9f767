import type { ModelProfile } from "@descent/contracts";
import { analyse } from "./analyse.ts";
import type { OnnxFile } from "./onnx-file.ts";

/**
 * What a file is as a model to train: its input and output, the tensors that training moves, and its head.
 *
 * @throws ModelRefused where it is none, with places in the file
 */
export function profileOnnx(file: OnnxFile): ModelProfile {
  return analyse(file).profile;
}
