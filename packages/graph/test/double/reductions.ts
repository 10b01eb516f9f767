import { type Double, double, doubleAt, numberAt, type Operators, places } from "./tensor.ts";

export const REDUCTIONS: Operators<
  | ("ReduceMean" | "ReduceSum" | "ReduceMax")
  | ("Softmax" | "LogSoftmax" | "SoftmaxCrossEntropyLoss")
> = {
  ReduceMean: ([x, axes], { keepdims }) =>
    reduced(x!, axes, keepdims, (numbers) => total(numbers) / numbers.length),
  ReduceSum: ([x, axes], { keepdims }) => reduced(x!, axes, keepdims, total),
  ReduceMax: ([x, axes], { keepdims }) =>
    reduced(x!, axes, keepdims, (numbers) => Math.max(...numbers)),

  Softmax: ([x], { axis }) =>
    doubleAt(
      x!.shape,
      (place) => Math.exp(numberAt(x!, place)) / sumOfExponentials(x!, place, axis),
    ),
  LogSoftmax: ([x], { axis }) =>
    doubleAt(
      x!.shape,
      (place) => numberAt(x!, place) - Math.log(sumOfExponentials(x!, place, axis)),
    ),

  SoftmaxCrossEntropyLoss: ([logits, targets]) => {
    const [rows, classes] = logits!.shape as [number, number];
    let sum = 0;
    for (let row = 0; row < rows; row++) {
      const own = logits!.data.subarray(row * classes, (row + 1) * classes);
      const all = own.reduce((exponentials, logit) => exponentials + Math.exp(logit), 0);
      sum -= own[targets!.data[row]!]! - Math.log(all);
    }
    return double([], () => sum / rows);
  },
};

const total = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0);

function reduced(
  x: Double,
  axes: Double | undefined,
  keepdims: 0 | 1,
  combine: (numbers: number[]) => number,
): Double {
  const vanishes = (axis: number) => axes === undefined || axes.data.includes(axis);
  const kept = x.shape.map((length, axis) => (vanishes(axis) ? 1 : length));
  const inside = places(x.shape.map((length, axis) => (vanishes(axis) ? length : 1)));
  const { data } = doubleAt(kept, (place) =>
    combine(
      inside.map((at) =>
        numberAt(
          x,
          at.map((along, axis) => along + place[axis]!),
        ),
      ),
    ),
  );
  return { shape: keepdims ? kept : x.shape.filter((_, axis) => !vanishes(axis)), data };
}

function sumOfExponentials(x: Double, place: number[], axis: number): number {
  let sum = 0;
  for (let i = 0; i < x.shape[axis]!; i++) sum += Math.exp(numberAt(x, place.with(axis, i)));
  return sum;
}
