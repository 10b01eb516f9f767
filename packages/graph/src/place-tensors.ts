import { type BufferTensor, elements, type ParameterTensor } from "@descent/contracts";

type Placed<T> = T & { offset: number; length: number };
/** A parameter tensor and where it lies in the flat arrays of weights and gradients, in elements. */
export type PlacedTensor = Placed<ParameterTensor>;
/** A buffer and where it lies in the flat array of buffers. */
export type PlacedBuffer = Placed<BufferTensor>;

interface Layout<T> {
  tensors: Placed<T>[];
  /** Of the flat array. */
  length: number;
}

/** Tensors begin on 64 bytes, a cache line and the widest vector: 16 float32. */
const BOUNDARY = 16;

/**
 * Lays tensors out in one flat array, in their order: the parameters of a model in one, its buffers, which
 * no optimizer moves, in another.
 *
 * @returns the tensors, and the length of the array; what lies between tensors is padding,
 *   zero in the gradients, anything in the weights
 */
export function placeTensors<T extends { shape: number[] }>(list: readonly T[]): Layout<T> {
  let end = 0;
  const tensors = list.map((tensor) => {
    const placed = { ...tensor, offset: end, length: elements(tensor.shape) };
    end = Math.ceil((end + placed.length) / BOUNDARY) * BOUNDARY;
    return placed;
  });
  return { tensors, length: end };
}
