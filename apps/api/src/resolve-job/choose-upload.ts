import {
  arrange,
  DEFAULT_INITIALISATION,
  elements,
  type Fault,
  shown,
  type UploadedModel,
  type UploadModel,
  uploadedParameters,
} from "@descent/contracts";
import type { ChosenModel, Surroundings } from "./choose-model.ts";
import { MAX_NAMED, matchesPattern } from "./matches-pattern.ts";

/**
 * An uploaded model as a job wants it: its head kept or replaced, some of its parameters frozen.
 *
 * @param upload null where there is none of the id
 */
export function chooseUpload(
  model: UploadModel,
  upload: UploadedModel | null,
  { inputs, outputs, loss }: Surroundings,
  faults: Fault[],
): ChosenModel | null {
  if (upload === null) {
    faults.push({ pointer: "/model/id", message: `there is no model ${model.id}` });
    return null;
  }
  const before = faults.length;
  const { head = "keep" } = model;
  if (inputs) refuseMisfit(upload, inputs, faults);
  if (head === "replace" && upload.head === null)
    faults.push({
      pointer: "/model/head",
      message:
        "the model has no last layer that could be replaced: a dense or convolutional one whose weights nothing else uses",
      allowed: ["keep"],
    });
  if (head === "keep" && loss) refuseOutputs(upload, outputs, faults);
  if (head === "keep" && model.initialisation !== undefined)
    faults.push({
      pointer: "/model/initialisation",
      message: 'is for a new head, with "head": "replace"; all else starts as it is in the file',
    });

  const gone = new Set(head === "replace" ? (upload.head?.replaces ?? []) : []);
  const names = upload.parameters.flatMap(({ name }) => (gone.has(name) ? [] : name));
  const frozen = frozenBy(model.freeze ?? [], names, faults);
  if (frozen.length === names.length && head === "keep")
    faults.push({ pointer: "/model/freeze", message: "leaves nothing to train" });
  if (faults.length > before) return null;

  const initialisation = head === "keep" ? null : (model.initialisation ?? DEFAULT_INITIALISATION);
  return {
    resolved: {
      ...{ id: upload.id, sha256: upload.sha256, head, freeze: model.freeze ?? [], frozen },
      ...{ initialisation, vocabulary: upload.input.vocabulary },
      numbers_per_row: upload.numbers_per_row,
    },
    parameters: uploadedParameters(upload, { head, frozen, outputs, initialisation }),
    numbers: upload.numbers_per_row,
  };
}

function refuseMisfit({ input }: UploadedModel, inputs: readonly number[], faults: Fault[]): void {
  if (arrange(inputs, input.shape) !== null) return;
  const message = `the model takes rows of ${shown(input.shape)}, ${elements(input.shape)} numbers, but a row of this data set is ${shown(inputs)}, ${elements(inputs)} numbers`;
  faults.push({ pointer: "/model/id", message });
}

function refuseOutputs({ output, head }: UploadedModel, outputs: number, faults: Fault[]): void {
  const given = elements(output.shape);
  if (given === outputs) return;
  const way = head === null ? "" : '; say "head": "replace" for a new last layer';
  const message = `the model gives ${given} numbers for a row, but the target needs ${outputs}${way}`;
  faults.push({ pointer: "/model/head", message });
}

/** The parameters that patterns name, in the file's order. */
function frozenBy(
  patterns: readonly string[],
  names: readonly string[],
  faults: Fault[],
): string[] {
  for (const [index, pattern] of patterns.entries())
    if (!names.some((name) => matchesPattern(pattern, name)))
      faults.push({
        pointer: `/model/freeze/${index}`,
        message: `"${pattern}" matches no parameter of the model`,
        allowed: names.slice(0, MAX_NAMED),
      });
  return names.filter((name) => patterns.some((pattern) => matchesPattern(pattern, name)));
}
