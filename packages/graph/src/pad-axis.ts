/**
 * Zeros around one axis of a convolution's input. `same` is ONNX's SAME_UPPER: ceil(length / stride)
 * outputs, an odd zero at the end. Written out in numbers, because the derivatives need them.
 *
 * @param span how far the kernel reaches: its length, spread by its dilation
 * @param padding a number is the zeros on either side
 */
export function padAxis(
  length: number,
  span: number,
  stride: number,
  padding: "same" | "valid" | number,
): { begin: number; end: number } {
  if (padding === "valid") return { begin: 0, end: 0 };
  if (padding !== "same") return { begin: padding, end: padding };
  const total = Math.max((Math.ceil(length / stride) - 1) * stride + span - length, 0);
  const begin = Math.floor(total / 2);
  return { begin, end: total - begin };
}
