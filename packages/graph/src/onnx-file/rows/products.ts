import { broadcastShapes } from "../../append/broadcast.ts";
import {
  conv,
  convTranspose,
  countWindows,
  gemm,
  matmul,
  reshape,
  unsqueeze,
} from "../../append-nodes.ts";
import type { Axis, Value } from "../../graph.ts";
import type { Call, Rows } from "../call.ts";
import { shown } from "../shown.ts";
import { refuse } from "../unfit.ts";
import { type Windows, windowsOf } from "../windows.ts";

export const PRODUCTS: Rows = {
  Gemm: ({ graph, value, has, int, float }) => {
    const [a, b] = [value(0), value(1)];
    const transA = int("transA", 0) ? 1 : 0;
    const transB = int("transB", 0) ? 1 : 0;
    if (a.shape.length !== 2 || b.shape.length !== 2)
      refuse(`it takes two matrices, not ${shown(a)} and ${shown(b)}`);
    const [inner, other] = [a.shape[1 - transA], b.shape[transB]];
    checkInner(a, b, inner!, other!);
    const factors = { transA, transB, alpha: float("alpha", 1) } as const;
    if (!has(2)) return gemm(graph, a, b, factors);
    const shape = [a.shape[transA]!, b.shape[1 - transB]!];
    checkFits(value(2), shape);
    return gemm(graph, a, b, { ...factors, beta: float("beta", 1), bias: value(2) });
  },

  // A vector is a matrix of one row on the left, of one column on the right; that axis vanishes again.
  MatMul: ({ graph, value }) => {
    const [a, b] = [value(0), value(1)];
    if (a.shape.length === 0 || b.shape.length === 0) refuse("it takes no scalars");
    checkInner(a, b, a.shape.at(-1)!, b.shape.at(-2) ?? b.shape.at(-1)!);
    const left = a.shape.length === 1 ? unsqueeze(graph, a, [0]) : a;
    const right = b.shape.length === 1 ? unsqueeze(graph, b, [1]) : b;
    const y = matmul(graph, left, right);
    if (left === a && right === b) return y;
    const shape = y.shape.slice(0, -2);
    if (left === a) shape.push(y.shape.at(-2)!);
    if (right === b) shape.push(y.shape.at(-1)!);
    return reshape(graph, y, shape);
  },

  Conv: (call) => {
    const { graph, value, has } = call;
    const [x, w] = [value(0), value(1)];
    const { group, windows } = convolution(call, x, w, 1);
    if (Number(w.shape[0]) % group !== 0)
      refuse(`${w.shape[0]} filters do not part into ${group} groups`, "/attribute/group");
    checkWindows(x, windows);
    const bias = has(2) ? value(2) : undefined;
    if (bias !== undefined) checkBias(bias, w.shape[0]!);
    return conv(graph, x, w, { ...windows, group }, bias);
  },

  ConvTranspose: (call) => {
    const { graph, value, has, ints } = call;
    const [x, w] = [value(0), value(1)];
    if (ints("output_shape") !== null)
      refuse("output_shape is not taken; say pads and output_padding", "/attribute/output_shape");
    if (!["NOTSET", "VALID"].includes(call.text("auto_pad", "NOTSET")))
      refuse("auto_pad is not taken; say pads", "/attribute/auto_pad", ["NOTSET", "VALID"]);
    const { group, windows } = convolution(call, x, w, 0);
    const output_padding = ints("output_padding") ?? windows.kernel_shape.map(() => 0);
    const { strides, dilations } = windows;
    const isRight = output_padding.every(
      (zeros, axis) => zeros >= 0 && zeros < Math.max(strides[axis]!, dilations[axis]!),
    );
    if (!isRight || output_padding.length !== strides.length)
      refuse("output_padding must be below the stride or dilation", "/attribute/output_padding");
    const bias = has(2) ? value(2) : undefined;
    if (bias !== undefined) checkBias(bias, Number(w.shape[1]) * group);
    return convTranspose(graph, x, w, { ...windows, group, output_padding }, bias);
  },
};

/** @param channelAxis of the weights, whose channels the input has: of each group, or of all */
function convolution(call: Call, x: Value, w: Value, channelAxis: 0 | 1) {
  const { int, ints } = call;
  if (x.shape.length < 3 || x.shape.length !== w.shape.length)
    refuse(`it takes [rows, channels, ...] and weights alike, not ${shown(x)} and ${shown(w)}`);
  const group = int("group", 1);
  if (group < 1) refuse("group must be positive", "/attribute/group");
  const channels = Number(w.shape[channelAxis]) * (channelAxis === 1 ? group : 1);
  if (x.shape[1] !== channels || channels % group !== 0)
    refuse(`${shown(x)} has not the channels of weights ${shown(w)} in ${group} groups`);
  const kernel = w.shape.slice(2).map(Number);
  const stated = ints("kernel_shape") ?? kernel;
  if (stated.join() !== kernel.join())
    refuse(`kernel_shape is [${stated.join(", ")}], the weights ${shown(w)}`, "/attribute");
  return { group, windows: windowsOf(call, x, kernel) };
}

/** @throws Unfit where not one window fits into x */
export function checkWindows(x: Value, windows: Windows): void {
  if (countWindows(x, windows).some((count) => count < 1))
    refuse(`windows of [${windows.kernel_shape.join(", ")}] do not fit into ${shown(x)}`);
}

function checkInner(a: Value, b: Value, inner: Axis, other: Axis): void {
  if (inner === "rows") refuse("it would add up the rows of a batch");
  if (inner !== other) refuse(`${shown(a)} and ${shown(b)} do not fit: ${inner} against ${other}`);
}

function checkBias(bias: Value, filters: Axis): void {
  if (bias.shape.length !== 1 || bias.shape[0] !== filters)
    refuse(`a bias of ${shown(bias)} does not fit ${filters} filters`, "/input/2");
}

/** Whether a value broadcasts to a shape without making it larger. */
export function checkFits(value: Value, shape: readonly Axis[]): void {
  const wide = broadcastShapes([value, { shape }]);
  if (wide.join() !== shape.join())
    refuse(`${shown(value)} does not broadcast to [${shape.join(", ")}]`);
}
