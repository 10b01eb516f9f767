import {
  broadcast,
  count,
  type Double,
  double,
  doubleAt,
  numberAt,
  type Operators,
} from "./tensor.ts";

export const SHAPES: Operators<
  | ("Flatten" | "Reshape" | "Squeeze" | "Unsqueeze" | "Expand" | "Transpose")
  | ("Concat" | "Slice" | "Gather" | "Pad" | "Shape" | "Size")
> = {
  Flatten: ([x], { axis }) => {
    const first = count(x!.shape.slice(0, axis));
    return { shape: [first, x!.data.length / first], data: x!.data };
  },
  Reshape: ([x, shape]) => {
    const known = shape!.data.filter((length) => length !== -1);
    const open = x!.data.length / count(Array.from(known));
    const lengths = Array.from(shape!.data, (length) => (length === -1 ? open : length));
    return { shape: lengths, data: x!.data };
  },
  Squeeze: ([x, axes]) => ({
    shape: x!.shape.filter((_, axis) => !axes!.data.includes(axis)),
    data: x!.data,
  }),
  Unsqueeze: ([x, axes]) => {
    const shape = [...x!.shape];
    for (const axis of axes!.data.toSorted()) shape.splice(axis, 0, 1);
    return { shape, data: x!.data };
  },
  Expand: ([x, shape]) =>
    doubleAt(broadcast([x!.shape, Array.from(shape!.data)]), (place) => numberAt(x!, place)),

  Transpose: ([x], { perm }) =>
    doubleAt(
      perm.map((axis) => x!.shape[axis]!),
      (place) => {
        const from: number[] = [];
        for (const [axis, source] of perm.entries()) from[source] = place[axis]!;
        return numberAt(x!, from);
      },
    ),

  Concat: (inputs, { axis }) => {
    const pick = (place: number[]): number => {
      let along = place[axis]!;
      for (const input of inputs) {
        if (along < input.shape[axis]!) return numberAt(input, place.with(axis, along));
        along -= input.shape[axis]!;
      }
      throw new Error("past the last input");
    };
    const length = inputs.reduce((sum, { shape }) => sum + shape[axis]!, 0);
    return doubleAt(inputs[0]!.shape.with(axis, length), pick);
  },

  Slice: ([x, starts, ends, axes]) => {
    const shape = [...x!.shape];
    const begins = shape.map(() => 0);
    for (const [i, axis] of axes!.data.entries()) {
      begins[axis] = starts!.data[i]!;
      shape[axis] = ends!.data[i]! - starts!.data[i]!;
    }
    return doubleAt(shape, (place) =>
      numberAt(
        x!,
        place.map((along, axis) => along + begins[axis]!),
      ),
    );
  },

  Gather: ([table, indices]) => {
    const rank = indices!.shape.length;
    return doubleAt([...indices!.shape, ...table!.shape.slice(1)], (place) => {
      const row = numberAt(indices!, place.slice(0, rank));
      return numberAt(table!, [row, ...place.slice(rank)]);
    });
  },

  Pad: ([x, pads, value]) => {
    const begin = (axis: number) => pads!.data[axis]!;
    const rank = x!.shape.length;
    const shape = x!.shape.map((length, axis) => begin(axis) + length + pads!.data[axis + rank]!);
    return doubleAt(shape, (place) => {
      const from = place.map((along, axis) => along - begin(axis));
      const inside = from.every((along, axis) => along >= 0 && along < x!.shape[axis]!);
      return inside ? numberAt(x!, from) : value!.data[0]!;
    });
  },

  Shape: ([x]) => ({ shape: [x!.shape.length], data: Float64Array.from(x!.shape) }),
  Size: ([x]: Double[]) => double([], () => x!.data.length),
};
