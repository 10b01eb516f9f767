import { DEFAULT_INITIALISATION, type Initialisation } from "./initialisation.ts";
import type { Head } from "./model.ts";
import { elements, type ParameterTensor } from "./shapes.ts";
import type { ModelProfile } from "./uploaded-model.ts";

export interface UploadChoice {
  head: Head;
  /** Names of parameters that stay as they are. */
  frozen: readonly string[];
  /** How many numbers the model must give for one row: what a new head has. */
  outputs: number;
  /** Of a new head. */
  initialisation: Initialisation | null;
}

/**
 * What trains of an uploaded model: its parameters without the frozen ones, in the file's order, a new head
 * last. The API counts them, the trainer lays them out: both by this.
 *
 * @throws Error when a head is to be replaced and there is none
 */
export function uploadedParameters(
  { parameters, head }: Pick<ModelProfile, "parameters" | "head">,
  choice: UploadChoice,
): ParameterTensor[] {
  const replaced = choice.head === "replace" ? head : null;
  if (choice.head === "replace" && head === null) throw new Error("the model has no head");
  const left = new Set([...choice.frozen, ...(replaced?.replaces ?? [])]);
  const kept = parameters
    .filter(({ name }) => !left.has(name))
    .map(
      ({ name, shape }): ParameterTensor => ({
        ...{ name, shape: [...shape], fanIn: 1, fanOut: 1 },
        role: shape.length > 1 ? "weight" : "bias",
        initialisation: "stored",
      }),
    );
  if (replaced === null) return kept;
  const { name, inputs } = replaced;
  const { outputs, initialisation } = choice;
  // As a dense or a convolutional layer counts its fans: every number of the kernel, in both directions.
  const window = elements(inputs.slice(1));
  const fans = { fanIn: elements(inputs), fanOut: outputs * window };
  return [
    ...kept,
    {
      ...{ name: `${name}.weight`, role: "weight", shape: [outputs, ...inputs], ...fans },
      initialisation: initialisation ?? DEFAULT_INITIALISATION,
    },
    { name: `${name}.bias`, role: "bias", shape: [outputs], ...fans, initialisation: "zeros" },
  ];
}
