import {
  isOverClasses,
  type JobSpec,
  type JobWarning,
  type Loss,
  statedLayers,
} from "@descent/contracts";

/** What turns logits into probabilities. */
const TO_PROBABILITIES: readonly unknown[] = ["softmax", "sigmoid"];

/**
 * Losses over classes take logits, as PyTorch's do. After a softmax or sigmoid of the model's own, as Keras
 * models often end, they would be squashed twice: that trains, but slowly and never to certainty.
 */
export function warnOfLastActivation({ model }: JobSpec, loss: Loss): JobWarning[] {
  const last = statedLayers(model).at(-1);
  if (!last || !isOverClasses(loss)) return [];
  const activation = "activation" in last ? last.activation : last.type;
  if (!TO_PROBABILITIES.includes(activation)) return [];
  const message = `the model ends with ${activation}, but the loss takes logits and makes them probabilities itself; leave it out`;
  return [{ code: "activation_before_loss", message }];
}
