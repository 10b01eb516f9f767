import type { LayerShapes } from "@descent/contracts";

/**
 * What checks the rows that a model takes: where it begins with an embedding, every number must be a whole one
 * from 0 to vocabulary − 1. Otherwise onnxruntime would take -1 for the last vector, and 1.5 for 1.
 *
 * @returns a function that throws a RangeError, which names the number
 */
export function createIndexCheck(layers: readonly LayerShapes[]): (inputs: Float32Array) => void {
  const vocabularies = layers.flatMap(({ layer }) =>
    layer.type === "embedding" ? layer.vocabulary : [],
  );
  if (vocabularies.length === 0) return () => undefined;
  const vocabulary = Math.min(...vocabularies);
  return (inputs) => {
    for (const number of inputs)
      if (!(Number.isInteger(number) && number >= 0 && number < vocabulary))
        throw new RangeError(
          `an embedding gets ${number}, not a whole number from 0 to ${vocabulary - 1}`,
        );
  };
}
