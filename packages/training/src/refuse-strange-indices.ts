import { CorruptTable, type PreparedData } from "@descent/datasets";
import { createIndexCheck, type Model } from "@descent/graph";

/**
 * Before the first step: that an embedding can take every number of the data. The API sees the least and the
 * largest number of a column, not whether all between are whole.
 *
 * @throws CorruptTable that names the first number it cannot
 */
export function refuseStrangeIndices(
  model: Model,
  { training, validation }: Pick<PreparedData, "training" | "validation">,
  datasetId: string,
): void {
  const check = createIndexCheck(model);
  for (const { inputs } of [training, validation])
    try {
      check(inputs);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new CorruptTable(`of ${datasetId}`, error.message);
    }
}
