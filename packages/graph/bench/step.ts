import { elements, followShapes, type Layer, type Loss } from "@descent/contracts";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { createTrainingStep, initialiseWeights, placeTensors } from "../src/index.ts";

/*
 * Milliseconds per gradient step (forward and backward, without the optimizer) on one thread, random data.
 * Arguments choose workloads by a part of their name; PROFILE=1 style switches are not needed: `--profile`
 * also sums up onnxruntime's own profile by operator.
 */
const dense = (units: number): Layer => ({ type: "dense", units, activation: "relu" });
const conv = (filters: number, padding: "same" | "valid"): Layer => ({
  type: "conv2d",
  filters,
  kernel: 5,
  padding,
  activation: "relu",
});
const pool: Layer = { type: "max_pool2d", size: 2 };
const last: Layer = { type: "dense" };

interface Workload {
  name: string;
  input: number[];
  layers: Layer[];
  outputs: number;
  batch: number;
}

const WORKLOADS: Workload[] = [
  { name: "mlp 4-16-3, batch 16", input: [4], layers: [dense(16), last], outputs: 3, batch: 16 },
  {
    name: "mlp 784-128-10, batch 32",
    input: [784],
    layers: [dense(128), last],
    outputs: 10,
    batch: 32,
  },
  {
    name: "mlp 784-128-10, batch 128",
    input: [784],
    layers: [dense(128), last],
    outputs: 10,
    batch: 128,
  },
  {
    name: "mlp 784-512-512-10, batch 128",
    input: [784],
    layers: [dense(512), dense(512), last],
    outputs: 10,
    batch: 128,
  },
  {
    name: "lenet, batch 128",
    input: [1, 28, 28],
    layers: [
      conv(8, "same"),
      pool,
      conv(16, "valid"),
      pool,
      { type: "flatten" },
      dense(120),
      dense(84),
      last,
    ],
    outputs: 10,
    batch: 128,
  },
  {
    name: "2c2d, batch 128",
    input: [1, 28, 28],
    layers: [
      conv(32, "same"),
      pool,
      conv(64, "same"),
      pool,
      { type: "flatten" },
      dense(1024),
      last,
    ],
    outputs: 10,
    batch: 128,
  },
];

async function measure({ name, input, layers, outputs, batch }: Workload): Promise<string> {
  const shapes = followShapes(layers, input, outputs);
  if (shapes.faults !== null) throw new Error(shapes.faults[0]!.message);
  const { tensors, length } = placeTensors(shapes.layers);
  const memory = new WebAssembly.Memory({ initial: Math.ceil((length * 8) / 65536) });
  const weights = new Float32Array(memory.buffer, 0, length);
  const gradients = new Float32Array(memory.buffer, length * 4, length);
  initialiseWeights(weights, tensors, "glorot_uniform", 1);
  const random = xoroshiro128plus(1);
  const inputs = Float32Array.from({ length: batch * elements(input) }, () =>
    uniformFloat64(random),
  );
  const targets = Int32Array.from({ length: batch }, () =>
    Math.floor(uniformFloat64(random) * outputs),
  );
  const loss: Loss = "cross_entropy";

  const created = performance.now();
  const training = await createTrainingStep({
    layers: shapes.layers,
    inputShape: input,
    loss,
    weights,
    gradients,
  });
  const creation = performance.now() - created;
  const times: number[] = [];
  const end = performance.now() + 3000;
  while (times.length < 10 || (performance.now() < end && times.length < 20_000)) {
    const start = performance.now();
    await training.step(inputs, targets, batch);
    times.push(performance.now() - start);
  }
  await training.release();
  times.sort((a, b) => a - b);
  const median = times[times.length >> 1]!;
  return `${name.padEnd(32)}${median.toFixed(3).padStart(10)} ms (median of ${times.length}; fastest ${times[0]!.toFixed(3)}; created in ${creation.toFixed(1)} ms)\n`;
}

const chosen = process.argv.slice(2);
for (const workload of WORKLOADS)
  if (chosen.length === 0 || chosen.some((part) => workload.name.includes(part)))
    process.stdout.write(await measure(workload));
