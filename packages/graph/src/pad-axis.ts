/**
 * Zeros around one axis of a convolution's input. `same` is ONNX's SAME_UPPER: ceil(length / stride)
 * outputs, an odd zero at the end. Written out in numbers, because the derivatives need them.
 */
export function padAxis(
  length: number,
  kernel: number,
  stride: number,
  padding: "same" | "valid",
): { begin: number; end: number } {
  const total =
    padding === "same"
      ? Math.max((Math.ceil(length / stride) - 1) * stride + kernel - length, 0)
      : 0;
  const begin = Math.floor(total / 2);
  return { begin, end: total - begin };
}
