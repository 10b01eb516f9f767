import { fixedLength } from "../../append/append-node.ts";
import {
  add,
  averagePool,
  div,
  globalAveragePool,
  maxPool,
  mul,
  pow,
  reduceMax,
  reshape,
} from "../../append-nodes.ts";
import type { Value } from "../../graph.ts";
import type { Call, Rows } from "../call.ts";
import { number } from "../translation.ts";
import { refuse } from "../unfit.ts";
import { poolWindows, type Windows } from "../windows.ts";
import { checkWindows } from "./products.ts";

export const POOLING: Rows = {
  MaxPool: (call) => {
    const { graph, value, int } = call;
    if (int("storage_order", 0) !== 0) refuse("only row-major order", "/attribute/storage_order");
    const x = value(0);
    // Padding never wins: what the last window lacks may be padded.
    const { windows } = closed(call, x, poolWindows(call, x));
    return maxPool(graph, x, plain(x, windows));
  },

  AveragePool: (call) => {
    const { graph, value, int } = call;
    const x = value(0);
    const stated = poolWindows(call, x);
    const { windows, isLonger } = closed(call, x, stated);
    const counted = int("count_include_pad", 0) !== 0 && stated.pads.some((zeros) => zeros > 0);
    // Padding counts where the file has it, but not what ceil_mode lets windows reach beyond it.
    if (counted && isLonger)
      refuse("ceil_mode with counted padding is not taken", "/attribute/ceil_mode");
    return averagePool(graph, x, { ...plain(x, windows), count_include_pad: counted ? 1 : 0 });
  },

  GlobalAveragePool: ({ graph, value }) => globalAveragePool(graph, value(0)),
  GlobalMaxPool: ({ graph, value }) =>
    reduceMax(graph, value(0), [...value(0).shape.keys().drop(2)], 1),

  // x / (bias + α/size · Σ x²)^β, the sum over `size` neighbouring channels, by a mean over them
  LRN: ({ graph, t, value, int, float }) => {
    const x = value(0);
    const size = int("size", 0);
    if (x.shape.length < 3) refuse("it takes [rows, channels, ...]");
    if (size < 1 || size % 2 === 0 || size > fixedLength(x, 1) * 2)
      refuse("size must be odd and at most twice the channels", "/attribute/size");
    const channels = fixedLength(x, 1);
    const rest = x.shape.slice(2).reduce<number>((all, _, i) => all * fixedLength(x, i + 2), 1);
    const squares = reshape(graph, mul(graph, x, x), [x.shape[0]!, 1, channels, rest]);
    const beside = (size - 1) / 2;
    const means = averagePool(graph, squares, {
      kernel_shape: [size, 1],
      strides: [1, 1],
      pads: [beside, 0, beside, 0],
      count_include_pad: 1,
    });
    const scaled = mul(graph, reshape(graph, means, x.shape), number(t, float("alpha", 1e-4)));
    const base = add(graph, scaled, number(t, float("bias", 1)));
    return div(graph, x, pow(graph, base, float("beta", 0.75)));
  },
};

/**
 * Windows that ceil_mode adds, as padding at the end: those that begin within the input or its padding before
 * it, as PyTorch and onnxruntime count them.
 */
function closed(call: Call, x: Value, windows: Windows): { windows: Windows; isLonger: boolean } {
  const { kernel_shape, strides, pads, dilations } = windows;
  if (call.int("ceil_mode", 0) === 0) return { windows, isLonger: false };
  const axes = kernel_shape.length;
  const longer = kernel_shape.map((kernel, axis) => {
    const length = fixedLength(x, axis + 2);
    const [before, after] = [pads[axis]!, pads[axis + axes]!];
    const [stride, reach] = [strides[axis]!, (kernel - 1) * dilations[axis]! + 1];
    const last = Math.ceil((length + before + after - reach) / stride);
    const begins = last * stride >= length + before ? last - 1 : last;
    return Math.max(0, begins * stride + reach - length - before - after);
  });
  const ends = longer.map((more, axis) => pads[axis + axes]! + more);
  return {
    windows: { ...windows, pads: [...pads.slice(0, axes), ...ends] },
    isLonger: longer.some((more) => more > 0),
  };
}

/** Pooling has no dilations in our graph. */
function plain(x: Value, windows: Windows) {
  const { kernel_shape, strides, pads, dilations } = windows;
  if (dilations.some((step) => step !== 1))
    refuse("dilated windows are not taken here", "/attribute/dilations", [1]);
  const isWithin = pads.every((zeros, i) => zeros < kernel_shape[i % kernel_shape.length]!);
  if (!isWithin) refuse("padding must be smaller than the window", "/attribute/pads");
  checkWindows(x, windows);
  return { kernel_shape, strides, pads };
}
