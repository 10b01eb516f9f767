import { elements, type LayerShapes, type ParameterTensor } from "@descent/contracts";

/** A parameter tensor and where it lies in the flat arrays of weights and gradients, in elements. */
export type PlacedTensor = ParameterTensor & { offset: number; length: number };

/** Tensors begin on 64 bytes, a cache line and the widest vector: 16 float32. */
const BOUNDARY = 16;

/**
 * Lays the parameters of a model out in one flat array, in the order of the layers.
 *
 * @returns the tensors, and the length of the array; what lies between tensors is padding,
 *   zero in the gradients, anything in the weights
 */
export function placeTensors(layers: readonly LayerShapes[]): {
  tensors: PlacedTensor[];
  length: number;
} {
  let end = 0;
  const tensors = layers
    .flatMap((layer) => layer.parameters)
    .map((parameter) => {
      const placed = { ...parameter, offset: end, length: elements(parameter.shape) };
      end = Math.ceil((end + placed.length) / BOUNDARY) * BOUNDARY;
      return placed;
    });
  return { tensors, length: end };
}
