import { type Column, type Fault, type Model, statedLayers } from "@descent/contracts";

/** Whether the model takes numbers of the data as the numbers of vectors: they must stay as they are. */
export function takesIndices(model: Model): boolean {
  return statedLayers(model).some(({ type }) => type === "embedding");
}

/**
 * Refuses features that an embedding cannot take: it takes whole numbers from 0 to vocabulary - 1. Of a
 * column only the least and the largest number is known here; the trainer looks at all.
 */
export function checkEmbeddings(
  model: Model,
  features: readonly Column[] | null,
  faults: Fault[],
): void {
  const layers = statedLayers(model);
  const index = layers.findIndex(({ type }) => type === "embedding");
  const layer = layers[index];
  if (layer?.type !== "embedding" || features === null) return;
  const pointers = { column: "/dataset/features", vocabulary: `/model/layers/${index}/vocabulary` };
  for (const column of features) {
    const fault = unfit(column, layer.vocabulary);
    if (fault === null) continue;
    faults.push({ pointer: pointers[fault.of], message: fault.message });
    return;
  }
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
