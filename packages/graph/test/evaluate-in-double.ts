import type { ForwardGraph, ForwardOp, Node, Value } from "../src/graph.ts";

/** A tensor in double precision, row-major. */
export interface Double {
  shape: number[];
  data: Float64Array;
}

/**
 * Runs a forward graph as its operators are defined in ONNX's Operators.md, in plain loops and doubles: the
 * other source against which onnxruntime and the derivatives are held.
 */
export function evaluateInDouble(
  graph: ForwardGraph,
  feeds: ReadonlyMap<Value, Double>,
): Map<Value, Double> {
  const values = new Map(feeds);
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => values.get(input)!);
    values.set(node.outputs[0]!, run(node, inputs));
  }
  return values;
}

export function double(shape: number[], at?: (index: number) => number): Double {
  const length = shape.reduce((product, axis) => product * axis, 1);
  return { shape, data: Float64Array.from({ length }, (_, i) => at?.(i) ?? 0) };
}

function run<O extends ForwardOp>(node: Node<O>, inputs: Double[]): Double {
  const operator: Operator<O> = OPERATORS[node.op as O];
  return operator(inputs, node.attributes);
}

type Operator<O extends ForwardOp> = (
  inputs: Double[],
  attributes: Node<O>["attributes"],
) => Double;

const OPERATORS: { [O in ForwardOp]: Operator<O> } = {
  Gemm: ([a, b, c], { transA, transB }) => {
    const [rows, inner] = transA ? a!.shape.toReversed() : a!.shape;
    const columns = b!.shape[1 - transB]!;
    return double([rows!, columns], (i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      let sum = c?.data[column] ?? 0;
      for (let k = 0; k < inner!; k++)
        sum +=
          a!.data[transA ? k * rows! + row : row * inner! + k]! *
          b!.data[transB ? column * inner! + k : k * columns + column]!;
      return sum;
    });
  },

  Conv: ([x, w, b], { kernel_shape, strides, pads }) => {
    const [rows, channels, height, width] = x!.shape as [number, number, number, number];
    const [filters] = w!.shape as [number];
    const [kh, kw] = kernel_shape as [number, number];
    const [sh, sw] = strides as [number, number];
    const [top, left, bottom, right] = pads as [number, number, number, number];
    const outHeight = Math.floor((height + top + bottom - kh) / sh) + 1;
    const outWidth = Math.floor((width + left + right - kw) / sw) + 1;
    return double([rows, filters, outHeight, outWidth], (at) => {
      const [n, f, i, j] = place(at, [filters, outHeight, outWidth]);
      let sum = b?.data[f] ?? 0;
      for (let c = 0; c < channels; c++)
        for (let u = 0; u < kh; u++)
          for (let v = 0; v < kw; v++) {
            const [h, l] = [i * sh + u - top, j * sw + v - left];
            if (h < 0 || h >= height || l < 0 || l >= width) continue;
            const pixel = x!.data[((n * channels + c) * height + h) * width + l]!;
            sum += pixel * w!.data[((f * channels + c) * kh + u) * kw + v]!;
          }
      return sum;
    });
  },

  MaxPool: ([x], { kernel_shape, strides }) => {
    const [rows, channels, height, width] = x!.shape as [number, number, number, number];
    const [kh, kw] = kernel_shape as [number, number];
    const [sh, sw] = strides as [number, number];
    const outHeight = Math.floor((height - kh) / sh) + 1;
    const outWidth = Math.floor((width - kw) / sw) + 1;
    return double([rows, channels, outHeight, outWidth], (at) => {
      const [n, c, i, j] = place(at, [channels, outHeight, outWidth]);
      let max = Number.NEGATIVE_INFINITY;
      for (let u = 0; u < kh; u++)
        for (let v = 0; v < kw; v++) {
          const row = (n * channels + c) * height + i * sh + u;
          max = Math.max(max, x!.data[row * width + j * sw + v]!);
        }
      return max;
    });
  },

  Flatten: ([x]) => ({ shape: [x!.shape[0]!, x!.data.length / x!.shape[0]!], data: x!.data }),
  Relu: ([x]) => double(x!.shape, (i) => Math.max(x!.data[i]!, 0)),
  Tanh: ([x]) => double(x!.shape, (i) => Math.tanh(x!.data[i]!)),
  Sigmoid: ([x]) => double(x!.shape, (i) => 1 / (1 + Math.exp(-x!.data[i]!))),

  SoftmaxCrossEntropyLoss: ([logits, targets]) => {
    const [rows, classes] = logits!.shape as [number, number];
    let sum = 0;
    for (let row = 0; row < rows; row++) {
      const own = logits!.data.subarray(row * classes, (row + 1) * classes);
      const total = own.reduce((all, logit) => all + Math.exp(logit), 0);
      sum -= own[targets!.data[row]!]! - Math.log(total);
    }
    return double([], () => sum / rows);
  },

  Sub: ([a, b]) => double(a!.shape, (i) => a!.data[i]! - b!.data[i]!),
  Mul: ([a, b]) => double(a!.shape, (i) => a!.data[i]! * b!.data[i]!),
  ReduceMean: ([x]) => double([], () => x!.data.reduce((sum, v) => sum + v, 0) / x!.data.length),
};

/** Where the flat index lies in a tensor of four axes, given the lengths of the last three. */
function place(at: number, [a, b, c]: [number, number, number]): [number, number, number, number] {
  return [
    Math.floor(at / (a * b * c)),
    Math.floor(at / (b * c)) % a,
    Math.floor(at / c) % b,
    at % c,
  ];
}
