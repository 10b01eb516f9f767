import type { Model } from "./model.ts";

/**
 * What checks the rows that a model takes: where they choose rows of a table, as an embedding does, every
 * number must be a whole one from 0 to vocabulary − 1. Otherwise onnxruntime would take -1 for the last
 * vector, and 1.5 for 1.
 *
 * @returns a function that throws a RangeError, which names the number
 */
export function createIndexCheck({
  vocabulary,
}: Pick<Model, "vocabulary">): (inputs: Float32Array) => void {
  if (vocabulary === null) return () => undefined;
  return (inputs) => {
    for (const number of inputs)
      if (!(Number.isInteger(number) && number >= 0 && number < vocabulary))
        throw new RangeError(
          `an embedding gets ${number}, not a whole number from 0 to ${vocabulary - 1}`,
        );
  };
}
