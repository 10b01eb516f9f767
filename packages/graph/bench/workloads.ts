import { expandPreset, type Layer } from "@descent/contracts";

/** One model, batch and optimizer to measure; all are classified by cross-entropy. */
export interface Workload {
  name: string;
  input: number[];
  layers: Layer[];
  outputs: number;
  batch: number;
  /** As PyTorch has it, with its defaults. */
  optimizer: "sgd" | "adam";
}

/** A workload as it is stepped. */
export interface SteppedWorkload extends Workload {
  lr: number;
  threads: number;
}

/**
 * So small that the weights stay where they begin. Thousands of steps on one batch would else learn it by
 * heart, and gradients and Adam's moments become subnormal numbers, on which every processor is many times
 * slower; that would measure the batch and not the engine.
 */
export const LEARNING_RATE = 1e-9;

const dense = (units: number): Layer => ({ type: "dense", units, activation: "relu" });
const conv = (filters: number, padding: "same" | "valid"): Layer => ({
  type: "conv2d",
  filters,
  kernel: 5,
  padding,
  activation: "relu",
});
const pool: Layer = { type: "max_pool2d", size: 2 };
const flat: Layer = { type: "flatten" };
const last: Layer = { type: "dense" };

export const WORKLOADS: readonly Workload[] = [
  {
    name: "mlp 4-16-3, batch 16",
    input: [4],
    layers: [dense(16), last],
    outputs: 3,
    batch: 16,
    optimizer: "adam",
  },
  ...(
    [
      [32, "sgd"],
      [128, "adam"],
    ] as const
  ).map(([batch, optimizer]) => ({
    name: `mlp 784-128-10, batch ${batch}`,
    input: [784],
    layers: [dense(128), last],
    outputs: 10,
    batch,
    optimizer,
  })),
  {
    name: "mlp 784-512-512-10, batch 128",
    input: [784],
    layers: [dense(512), dense(512), last],
    outputs: 10,
    batch: 128,
    optimizer: "adam",
  },
  {
    name: "lenet, batch 128",
    input: [1, 28, 28],
    layers: [conv(8, "same"), pool, conv(16, "valid"), pool, flat, dense(120), dense(84), last],
    outputs: 10,
    batch: 128,
    optimizer: "adam",
  },
  {
    name: "2c2d, batch 128",
    input: [1, 28, 28],
    layers: [conv(32, "same"), pool, conv(64, "same"), pool, flat, dense(1024), last],
    outputs: 10,
    batch: 128,
    optimizer: "sgd",
  },
];

/** Where more threads may help: the larger ones, and a ResNet-18 as the preset has it for such images. */
export const LARGE_WORKLOADS: readonly Workload[] = [
  ...WORKLOADS.slice(3),
  {
    name: "resnet-18, batch 16",
    input: [1, 28, 28],
    layers: expandPreset({ preset: "resnet", size: "full" }, [1, 28, 28], 10)!,
    outputs: 10,
    batch: 16,
    optimizer: "sgd",
  },
];
