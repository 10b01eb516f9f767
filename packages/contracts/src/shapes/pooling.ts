import type { Layer } from "../layers.ts";
import { type Followed, needsImage, type Place, shown } from "./layer-shapes.ts";

/** Along an axis a pooling gives floor((length + 2 padding - size) / stride) + 1 numbers. */
export function followPool(layer: Layer<"max_pool2d" | "avg_pool2d">, { input }: Place): Followed {
  const [channels, height, width] = input;
  if (channels === undefined || height === undefined || width === undefined)
    return needsImage(layer.type, input);
  const { size, stride = size, padding = 0 } = layer;
  const half = Math.floor(size / 2);
  if (padding > half)
    return {
      pointer: "/padding",
      message: `a padding of ${padding} could leave a ${size}x${size} window nothing but zeros; at most ${half}`,
    };
  const shorter = Math.min(height, width) + 2 * padding;
  if (size > shorter)
    return {
      pointer: "/size",
      message: `a ${size}x${size} window does not fit the ${height}x${width} input ${shown(input)}${padding ? ` with a padding of ${padding}` : ""}; at most ${shorter}`,
    };
  const pooled = (length: number) => Math.floor((length + 2 * padding - size) / stride) + 1;
  return {
    layer: { ...layer, stride, padding },
    output: [channels, pooled(height), pooled(width)],
    parameters: [],
  };
}

/** The mean of every channel. */
export function followGlobalPool(layer: Layer<"global_avg_pool2d">, { input }: Place): Followed {
  const [channels, height, width] = input;
  if (channels === undefined || height === undefined || width === undefined)
    return needsImage(layer.type, input);
  return { layer, output: [channels], parameters: [] };
}
