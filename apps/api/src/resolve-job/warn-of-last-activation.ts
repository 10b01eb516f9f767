import {
  isOverClasses,
  type JobWarning,
  type Loss,
  type Model,
  nameOfLoss,
  statedLayers,
  type UploadedModel,
  type UploadModel,
} from "@descent/contracts";

/** What turns logits into probabilities. */
const TO_PROBABILITIES: readonly unknown[] = ["softmax", "sigmoid"];

/**
 * Losses over classes take logits, as PyTorch's do. After a softmax or sigmoid of the model's own, as Keras
 * models often end, they would be squashed twice: that trains, but slowly and never to certainty.
 */
export function warnOfLastActivation(
  model: Model,
  upload: UploadedModel | null,
  loss: Loss,
): JobWarning[] {
  if (!isOverClasses(loss)) return [];
  const activation = "id" in model ? activationLeft(model, upload, loss) : lastActivation(model);
  if (!TO_PROBABILITIES.includes(activation)) return [];
  const message = `the model ends with ${activation}, but the loss takes logits and makes them probabilities itself; leave it out`;
  return [{ code: "activation_before_loss", message }];
}

function lastActivation(model: Model): string | undefined {
  const last = statedLayers(model).at(-1);
  return last && "activation" in last ? last.activation : last?.type;
}

/** Of an uploaded model: the loss takes what stands before the activation that is its own. */
function activationLeft({ head }: UploadModel, upload: UploadedModel | null, loss: Loss) {
  if (head === "replace" || !upload) return null;
  const own = nameOfLoss(loss) === "cross_entropy" ? "softmax" : "sigmoid";
  return upload.output.activation === own ? null : upload.output.activation;
}
