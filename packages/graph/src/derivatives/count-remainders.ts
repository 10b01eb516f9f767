import type { ConvAttributes, PoolAttributes, Value } from "../graph.ts";

/** How many elements of the padded x lie past the last window, along each axis after the first two. */
export function countRemainders(
  x: Value,
  { kernel_shape, strides, pads, dilations }: PoolAttributes & Partial<ConvAttributes>,
): number[] {
  return kernel_shape.map((kernel, axis) => {
    const padded = Number(x.shape[axis + 2]) + pads[axis]! + pads[axis + kernel_shape.length]!;
    return (padded - (kernel - 1) * (dilations?.[axis] ?? 1) - 1) % strides[axis]!;
  });
}
