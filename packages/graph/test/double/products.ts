import { broadcast, double, doubleAt, numberAt, type Operators, places } from "./tensor.ts";

export const PRODUCTS: Operators<"Gemm" | "MatMul" | "Conv" | "ConvTranspose"> = {
  Gemm: ([a, b, c], { transA, transB, alpha, beta }) => {
    const [rows, inner] = transA ? a!.shape.toReversed() : a!.shape;
    const columns = b!.shape[1 - transB]!;
    return doubleAt([rows!, columns], (place) => {
      const [row, column] = place as [number, number];
      let sum = 0;
      for (let k = 0; k < inner!; k++)
        sum +=
          numberAt(a!, transA ? [k, row] : [row, k]) *
          numberAt(b!, transB ? [column, k] : [k, column]);
      return alpha * sum + (c === undefined ? 0 : beta * numberAt(c, place));
    });
  },

  MatMul: ([a, b]) => {
    const batch = broadcast([a!.shape.slice(0, -2), b!.shape.slice(0, -2)]);
    const [rows, inner, columns] = [a!.shape.at(-2)!, a!.shape.at(-1)!, b!.shape.at(-1)!];
    return doubleAt([...batch, rows, columns], (place) => {
      const before = place.slice(0, -2);
      let sum = 0;
      for (let k = 0; k < inner; k++)
        sum +=
          numberAt(a!, [...before, place.at(-2)!, k]) * numberAt(b!, [...before, k, place.at(-1)!]);
      return sum;
    });
  },

  Conv: ([x, w, b], { kernel_shape, strides, dilations, pads, group }) => {
    const [rows, , ...lengths] = x!.shape as [number, number, ...number[]];
    const [filters, channels] = w!.shape as [number, number];
    const windows = lengths.map((length, axis) => {
      const padded = length + pads[axis]! + pads[axis + lengths.length]!;
      return Math.floor(
        (padded - dilations[axis]! * (kernel_shape[axis]! - 1) - 1) / strides[axis]! + 1,
      );
    });
    const weights = places([channels, ...kernel_shape]);
    return doubleAt([rows, filters, ...windows], (place) => {
      const [n, f, ...window] = place as [number, number, ...number[]];
      const first = Math.floor(f / (filters / group)) * channels;
      let sum = b?.data[f] ?? 0;
      for (const [c, ...inside] of weights) {
        const at = inside.map(
          (u, axis) => window[axis]! * strides[axis]! + u * dilations[axis]! - pads[axis]!,
        );
        if (at.some((along, axis) => along < 0 || along >= lengths[axis]!)) continue;
        sum += numberAt(x!, [n, first + c!, ...at]) * numberAt(w!, [f, c!, ...inside]);
      }
      return sum;
    });
  },

  // As ONNX defines it: every input is spread over the outputs by the kernel, at steps of the stride.
  ConvTranspose: ([x, w, b], attributes) => {
    const { kernel_shape, strides, dilations, pads, group, output_padding } = attributes;
    const [rows, filters, ...lengths] = x!.shape as [number, number, ...number[]];
    const each = w!.shape[1]!;
    const spread = lengths.map(
      (length, axis) =>
        strides[axis]! * (length - 1) +
        output_padding[axis]! +
        ((kernel_shape[axis]! - 1) * dilations[axis]! + 1) -
        pads[axis]! -
        pads[axis + lengths.length]!,
    );
    const shape = [rows, each * group, ...spread];
    const sums = double(shape);
    const indices = new Map(places(shape).map((place, index) => [place.join(), index]));
    for (const [n, f, ...from] of places([rows, filters, ...lengths]))
      for (const [c, ...inside] of places([each, ...kernel_shape])) {
        const channel = Math.floor(f! / (filters / group)) * each + c!;
        const at = from.map(
          (i, axis) => i * strides[axis]! + inside[axis]! * dilations[axis]! - pads[axis]!,
        );
        const index = indices.get([n, channel, ...at].join());
        if (index === undefined) continue;
        sums.data[index]! += numberAt(x!, [n!, f!, ...from]) * numberAt(w!, [f!, c!, ...inside]);
      }
    return doubleAt(shape, (place) => numberAt(sums, place) + (b?.data[place[1]!] ?? 0));
  },
};
