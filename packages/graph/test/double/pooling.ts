import type { PoolAttributes } from "../../src/graph.ts";
import { type Double, doubleAt, numberAt, type Operators, places } from "./tensor.ts";

export const POOLING: Operators<"MaxPool" | "AveragePool" | "GlobalAveragePool"> = {
  MaxPool: ([x], attributes) => pooled(x!, attributes, (numbers) => Math.max(...numbers)),

  AveragePool: ([x], { count_include_pad, ...attributes }) =>
    pooled(x!, attributes, (numbers, window) => {
      const sum = numbers.reduce((all, number) => all + number, 0);
      return sum / (count_include_pad ? window : numbers.length);
    }),

  GlobalAveragePool: ([x]) => {
    const [rows, channels, ...lengths] = x!.shape as [number, number, ...number[]];
    const all = places(lengths);
    return doubleAt([rows, channels, ...lengths.map(() => 1)], ([n, c]) => {
      const sum = all.reduce((total, place) => total + numberAt(x!, [n!, c!, ...place]), 0);
      return sum / all.length;
    });
  },
};

/** Of every window the numbers that lie inside the input. */
function pooled(
  x: Double,
  { kernel_shape, strides, pads }: PoolAttributes,
  combine: (numbers: number[], window: number) => number,
): Double {
  const [rows, channels, ...lengths] = x.shape as [number, number, ...number[]];
  const windows = lengths.map((length, axis) => {
    const padded = length + pads[axis]! + pads[axis + lengths.length]!;
    return Math.floor((padded - kernel_shape[axis]!) / strides[axis]! + 1);
  });
  const inside = places(kernel_shape);
  return doubleAt([rows, channels, ...windows], ([n, c, ...window]) => {
    const covered = inside
      .map((u) => u.map((v, axis) => window[axis]! * strides[axis]! + v - pads[axis]!))
      .filter((at) => at.every((along, axis) => along >= 0 && along < lengths[axis]!));
    return combine(
      covered.map((at) => numberAt(x, [n!, c!, ...at])),
      inside.length,
    );
  });
}
