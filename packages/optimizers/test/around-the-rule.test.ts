import type { Clip } from "@descent/contracts";
import { expect, test } from "vitest";
import { findRule, listRules } from "../src/catalogue.ts";
import { buildOptimizer, compileRule } from "../src/index.ts";

const SGD = "hyper lr = 1\nw -= lr * g";
/** A rule with a norm of its own, a state, and a scalar kept from step to step. */
const SCALED = `
hyper lr = 0.5, decay = 0.25
state m
scalar product = 1

product = product * decay
m = decay * m + g
w -= lr * (norm(w) / (norm(m) + 1)) * m / (1 - product)
`;
const TENSORS = [
  { begin: 0, length: 5 },
  { begin: 16, length: 16 },
  { begin: 32, length: 3 },
  { begin: 48, length: 1 },
];
const wave = (i: number, step: number) => Math.fround(Math.sin(i * 1.7 + step) + 0.25);

function clipped(clip: Clip, convention: string, gradients: number[]) {
  const tensors = [
    { begin: 0, length: 2 },
    { begin: 4, length: 2 },
  ];
  const groups = [{ tensors: [0, 1], hypers: { lr: 1 } }];
  const precision = "float64";
  const optimizer = buildOptimizer({ text: SGD, precision, tensors, groups, clip, convention });
  optimizer.gradients.set(gradients.slice(0, 2));
  optimizer.gradients.set(gradients.slice(2), 4);
  optimizer.step();
  return [0, 1, 4, 5].map((i) => 0 - optimizer.weights[i]!);
}

test("clipping: by value, by the norm of each tensor, by the norm of all", () => {
  const gradients = [3, 4, 0, 12];
  expect(clipped({ value: 3.5 }, "keras", [3, -4, 0, 12])).toEqual([3, -3.5, 0, 3.5]);
  expect(clipped({ norm: 10 }, "keras", gradients)).toEqual([3, 4, 0, 10]);
  expect(clipped({ global_norm: 6.5 }, "keras", gradients)).toEqual([1.5, 2, 0, 6]);
  expect(clipped({ global_norm: 14 }, "paper", gradients)).toEqual(gradients);
  // torch.nn.utils.clip_grad_norm_: times 1 / (5 + 1e-6), and never made longer.
  const torch = clipped({ global_norm: 1 }, "torch", [3, 4, 0, 0]);
  expect(torch[0]).toBeCloseTo(0.59999988, 8);
  expect(torch[1]).toBeCloseTo(0.79999984, 8);
  expect(clipped({ global_norm: 5 }, "torch", [3, 4, 0, 0])[0]).toBe(3 * (5 / (5 + 1e-6)));
  expect(clipped({ global_norm: 6 }, "torch", [3, 4, 0, 0])).toEqual([3, 4, 0, 0]);
});

test("whoever has measured the norm of all gradients gives it to the step, which does not measure again", () => {
  for (const convention of ["torch", "keras"]) {
    const groups = [{ tensors: [0], hypers: { lr: 1 } }];
    const [precision, tensors] = ["float64", [{ begin: 0, length: 2 }]] as const;
    const clip = { global_norm: 5 };
    const optimizer = buildOptimizer({ text: SGD, precision, tensors, groups, clip, convention });
    const gradients = [3e6, 4e6];
    const updateOf = (norm?: number) => {
      optimizer.weights.fill(0);
      optimizer.gradients.set(gradients);
      optimizer.step(1, norm);
      return Array.from(optimizer.weights);
    };
    const measured = updateOf();
    optimizer.gradients.set(gradients);
    expect(updateOf(optimizer.gradientNorm())).toEqual(measured);
    expect(measured[0]).toBeCloseTo(-3, 10);
    // Ten times the norm it has: a tenth of the update.
    expect(updateOf(5e7)[1]).toBeCloseTo(-0.4, 10);
  }
});

test("a gradient that is not finite stays so when it is clipped", () => {
  for (const clip of [{ value: 1 }, { norm: 1 }, { global_norm: 1 }])
    expect(clipped(clip, "keras", [Number.NaN, 1, 1, 1])[0]).toBeNaN();
});

test("several batches make one step: the mean over their rows", () => {
  const groups = [{ tensors: [0], hypers: { lr: 1 } }];
  const tensors = [{ begin: 0, length: 3 }];
  const optimizer = buildOptimizer({
    ...{ text: SGD, precision: "float32", tensors, groups, accumulate: true },
  });
  for (let round = 0; round < 2; round++) {
    optimizer.weights.fill(0);
    optimizer.gradients.set([1, 2, 3]);
    optimizer.addBatch(3);
    optimizer.gradients.set([5, 6, -9]);
    optimizer.addBatch(1);
    optimizer.averageBatches();
    expect(optimizer.gradientNorm()).toBeCloseTo(Math.hypot(2, 3, 0), 12);
    optimizer.step();
    expect(Array.from(optimizer.weights)).toEqual([-2, -3, 0]);
  }
});

test("averaged weights: the first step copies, then decay * average + (1 - decay) * weights", () => {
  const groups = [{ tensors: [0], hypers: { lr: 1 } }];
  const tensors = [{ begin: 0, length: 1 }];
  const ema = { decay: 0.75 };
  const optimizer = buildOptimizer({ text: SGD, precision: "float64", tensors, groups, ema });
  optimizer.weights.set([10]);
  const averages = [2, 4, -8].map((gradient) => {
    optimizer.gradients.set([gradient]);
    optimizer.step();
    return optimizer.averaged[0];
  });
  // Weights 8, 4, 12; 8, 0.75 * 8 + 1, 0.75 * 7 + 3, by hand.
  expect(averages).toEqual([8, 7, 8.25]);
  expect(optimizer.weights[0]).toBe(12);
});

test("an average in float32 does not drift away from weights that stay", () => {
  const groups = [{ tensors: [0], hypers: { lr: 0 } }];
  const tensors = [{ begin: 0, length: 64 }];
  const ema = { decay: 0.9999 };
  const optimizer = buildOptimizer({ text: SGD, precision: "float32", tensors, groups, ema });
  for (let i = 0; i < 64; i++) optimizer.weights[i] = 1 + i / 100;
  for (let step = 0; step < 5000; step++) optimizer.step();
  expect(Array.from(optimizer.averaged)).toEqual(Array.from(optimizer.weights));
});

test("every group has hypers of its own, every tensor its own norm", () => {
  const hypers = [
    { lr: 0.5, decay: 0.25 },
    { lr: 0.125, decay: 0.5 },
  ];
  const groups = [
    { tensors: [0, 2], hypers: hypers[0]! },
    { tensors: [1, 3], hypers: hypers[1]! },
  ];
  for (const precision of ["float32", "float64"] as const) {
    const together = buildOptimizer({ text: SCALED, precision, tensors: TENSORS, groups });
    const alone = TENSORS.map(({ length }, tensor) =>
      compileRule(SCALED, hypers[tensor % 2]!, length, precision),
    );
    for (const [tensor, { begin, length }] of TENSORS.entries())
      for (let i = 0; i < length; i++) {
        together.weights[begin + i] = wave(begin + i, -1);
        alone[tensor]!.weights[i] = wave(begin + i, -1);
      }
    for (let step = 0; step < 5; step++) {
      for (const [tensor, { begin, length }] of TENSORS.entries())
        for (let i = 0; i < length; i++) {
          together.gradients[begin + i] = wave(begin + i, step);
          alone[tensor]!.gradients[i] = wave(begin + i, step);
        }
      together.step(step === 3 ? 0.5 : 1);
      for (const optimizer of alone) optimizer.step(step === 3 ? 0.5 : 1);
    }
    for (const [tensor, { begin, length }] of TENSORS.entries())
      expect(Array.from(together.weights.subarray(begin, begin + length))).toEqual(
        Array.from(alone[tensor]!.weights),
      );
  }
});

test("saved in the middle and restored elsewhere, every rule continues bit for bit", () => {
  const rules = [
    ...listRules(),
    {
      text: SCALED,
      hypers: [
        { name: "lr", default: 0.5 },
        { name: "decay", default: 0.25 },
      ],
    },
  ];
  for (const { text, hypers } of rules)
    for (const precision of ["float32", "float64"] as const) {
      const values = Object.fromEntries(hypers.map((hyper) => [hyper.name, hyper.default]));
      const groups = [
        { tensors: [0, 2], hypers: values },
        { tensors: [1, 3], hypers: { ...values, lr: 0.003 } },
      ];
      const options = { text, precision, tensors: TENSORS, groups, ema: { decay: 0.9 } };
      const run = (optimizer: ReturnType<typeof buildOptimizer>, from: number, to: number) => {
        for (let step = from; step < to; step++) {
          for (const { begin, length } of TENSORS)
            for (let i = begin; i < begin + length; i++) optimizer.gradients[i] = wave(i, step);
          optimizer.step(1 / (1 + step));
        }
      };
      const whole = buildOptimizer(options);
      whole.weights.forEach((_, i) => {
        whole.weights[i] = wave(i, 99);
      });
      run(whole, 0, 4);
      const saved = structuredClone(whole.save());
      run(whole, 4, 9);
      const resumed = buildOptimizer(options);
      resumed.restore(saved);
      expect(resumed.stepsTaken).toBe(4);
      expect(resumed.save()).toEqual(saved);
      run(resumed, 4, 9);
      expect(resumed.save()).toEqual(whole.save());
    }
});

test("saved before the first step, a scalar has its start value", () => {
  const optimizer = compileRule(SCALED, { lr: 0.5, decay: 0.25 }, 1);
  expect(optimizer.save()).toMatchObject({ step: 0, scalars: [{ product: 1 }] });
});

test("a short tensor between two of another group is updated once, with its own hypers", () => {
  const tensors = [0, 4, 8].map((begin) => ({ begin, length: 4 }));
  const groups = [
    { tensors: [0, 2], hypers: { lr: 1 } },
    { tensors: [1], hypers: { lr: 10 } },
  ];
  const optimizer = buildOptimizer({ text: SGD, precision: "float32", tensors, groups });
  optimizer.gradients.fill(-1);
  optimizer.step();
  expect(Array.from(optimizer.weights)).toEqual([1, 1, 1, 1, 10, 10, 10, 10, 1, 1, 1, 1]);
});

test("padding that became NaN is not the weights' fault", () => {
  const text = "hyper lr = 1\nw -= lr * g / abs(g)";
  const groups = [{ tensors: [0, 1], hypers: { lr: 1 } }];
  const tensors = TENSORS.slice(0, 2);
  const optimizer = buildOptimizer({ text, precision: "float32", tensors, groups });
  for (const { begin, length } of tensors) optimizer.gradients.fill(2, begin, begin + length);
  optimizer.step();
  expect(optimizer.weights[5]).toBeNaN();
  expect(optimizer.weightsAreFinite()).toBe(true);
  optimizer.gradients[20] = 0;
  optimizer.step();
  expect(optimizer.weightsAreFinite()).toBe(false);
});

test("the sign of what is no number is no number, so that divergence shows", () => {
  const optimizer = compileRule("hyper lr = 1\nw -= lr * sign(g)", { lr: 1 }, 4);
  optimizer.gradients.set([Number.NaN, -3, 0, Number.POSITIVE_INFINITY]);
  optimizer.step();
  expect(Array.from(optimizer.weights)).toEqual([Number.NaN, 1, 0, -1]);
});

test("tensors that do not lie on 16 bytes are refused", () => {
  const { text } = findRule("sgd", "paper")!;
  const tensors = [{ begin: 3, length: 4 }];
  const groups = [{ tensors: [0], hypers: { lr: 1 } }];
  expect(() => buildOptimizer({ text, precision: "float32", tensors, groups })).toThrow(/16 bytes/);
});

test("tensors that end after the arrays are refused", () => {
  const tensors = [{ begin: 0, length: 100 }];
  const groups = [{ tensors: [0], hypers: { lr: 1 } }];
  const options = { text: SGD, precision: "float32", tensors, groups, length: 99 } as const;
  expect(() => buildOptimizer(options)).toThrow(/do not hold 100/);
});
