import type { Layer } from "../layers.ts";
import { biasTensor, type Followed, needsImage, type Place, shown } from "./layer-shapes.ts";

/**
 * A convolution: a weight [filters, channels / groups, kernel, kernel] and a bias [filters]. Along an axis
 * it gives floor((length + 2 padding - span) / stride) + 1 numbers, where span = dilation (kernel - 1) + 1;
 * `same` gives ceil(length / stride) (ONNX SAME_UPPER). The fans are PyTorch's: channels / groups and
 * filters, times the kernel's area.
 */
export function followConv2d(layer: Layer<"conv2d">, place: Place): Followed {
  const { input, prefix } = place;
  const [channels, height, width] = input;
  if (channels === undefined || height === undefined || width === undefined)
    return needsImage("conv2d", input);
  const { filters, kernel, stride = 1, padding = "valid", dilation = 1, groups = 1 } = layer;
  const { bias = true, activation = "none", initialisation = place.initialisation } = layer;
  if (channels % groups !== 0)
    return {
      pointer: "/groups",
      message: `${groups} groups do not divide the ${channels} channels of the input ${shown(input)}`,
    };
  if (filters % groups !== 0)
    return {
      pointer: "/groups",
      message: `${groups} groups do not divide the ${filters} filters`,
    };
  const span = dilation * (kernel - 1) + 1;
  const zeros = padding === "valid" || padding === "same" ? 0 : 2 * padding;
  if (padding !== "same" && span > Math.min(height, width) + zeros) {
    const spread = dilation === 1 ? "" : `, spread over ${span}x${span} by its dilation,`;
    const padded = zeros === 0 ? "" : ` with ${zeros / 2} zeros on every side`;
    const most = Math.floor((Math.min(height, width) + zeros - 1) / dilation) + 1;
    return {
      pointer: "/kernel",
      message: `a ${kernel}x${kernel} kernel${spread} does not fit the ${height}x${width} input ${shown(input)}${padded}; at most ${most}, or padding "same"`,
    };
  }
  const convolved = (length: number) =>
    padding === "same"
      ? Math.ceil(length / stride)
      : Math.floor((length + zeros - span) / stride) + 1;
  const area = kernel * kernel;
  const fans = { fanIn: (channels / groups) * area, fanOut: filters * area };
  const shape = [filters, channels / groups, kernel, kernel];
  return {
    layer: {
      ...layer,
      ...{ stride, padding, dilation, groups },
      ...{ activation, bias, initialisation },
    },
    output: [filters, convolved(height), convolved(width)],
    parameters: [
      { name: `${prefix}.weight`, role: "weight", shape, ...fans, initialisation },
      ...(bias ? [biasTensor(place, filters, fans)] : []),
    ],
  };
}
