import {
  type Column,
  type Fault,
  type Model,
  statedLayers,
  type UploadedModel,
} from "@descent/contracts";

/** Whether the model takes numbers of the data as the numbers of vectors: they must stay as they are. */
export function takesIndices(model: Model, upload: UploadedModel | null): boolean {
  if ("id" in model) return upload !== null && upload.input.type !== "float32";
  return statedLayers(model).some(({ type }) => type === "embedding");
}

/**
 * Refuses features that an embedding cannot take: it takes whole numbers from 0 to vocabulary - 1. Of a
 * column only the least and the largest number is known here; the trainer looks at all.
 */
export function checkEmbeddings(
  model: Model,
  upload: UploadedModel | null,
  features: readonly Column[] | null,
  faults: Fault[],
): void {
  const embedding = embeddingOf(model, upload);
  if (embedding === null || features === null) return;
  const pointers = { column: "/dataset/features", vocabulary: embedding.pointer };
  for (const column of features) {
    const fault = unfit(column, embedding.vocabulary);
    if (fault === null) continue;
    faults.push({ pointer: pointers[fault.of], message: fault.message });
    return;
  }
}

function embeddingOf(
  model: Model,
  upload: UploadedModel | null,
): { vocabulary: number; pointer: string } | null {
  if ("id" in model) {
    const vocabulary = upload?.input.vocabulary ?? null;
    return vocabulary === null ? null : { vocabulary, pointer: "/model/id" };
  }
  const layers = statedLayers(model);
  const index = layers.findIndex(({ type }) => type === "embedding");
  const layer = layers[index];
  if (layer?.type !== "embedding") return null;
  return { vocabulary: layer.vocabulary, pointer: `/model/layers/${index}/vocabulary` };
}

/** What is wrong with a column, and whether another column or another vocabulary mends it. */
function unfit(
  column: Column,
  vocabulary: number,
): { of: "column" | "vocabulary"; message: string } | null {
  const named = `column "${column.name}"`;
  if (column.kind !== "number")
    return {
      of: "column",
      message: `an embedding takes columns of whole numbers, but ${named} holds ${column.kind === "image" ? "images" : "categories"}`,
    };
  const { min, max } = column;
  if (min === null || max === null) return null;
  const stranger = [min, max].find((value) => value < 0 || !Number.isInteger(value));
  if (stranger !== undefined)
    return {
      of: "column",
      message: `an embedding takes whole numbers from 0, but ${named} holds ${stranger}`,
    };
  if (max < vocabulary) return null;
  return {
    of: "vocabulary",
    message: `${named} holds numbers up to ${max}: the vocabulary must be at least ${max + 1}`,
  };
}
