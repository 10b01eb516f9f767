import { createRequire } from "node:module";
import { sep } from "node:path";
import { elements, followShapes, type LayerShapes } from "@descent/contracts";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
// Its program for Node is what registers the gradients; the core's does not, and has no other that Node can load.
import "@tensorflow/tfjs-layers";
import { answerSteps } from "./answer-steps.ts";
import type { SteppedWorkload } from "./workloads.ts";

/* TensorFlow.js's training steps on its WebAssembly backend, for open-stepper.ts; `--version` only tells its version. */
if (process.argv.includes("--version")) process.stdout.write(`${tf.version_core}\n`);
else await answerSteps(open);

async function open(workload: SteppedWorkload): Promise<() => Promise<unknown>> {
  const { input, outputs, batch, layers: stated, lr } = workload;
  const program = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm");
  setWasmPaths(program.slice(0, program.lastIndexOf(sep) + 1));
  setThreadsCount(workload.threads);
  await tf.setBackend("wasm");

  const shapes = followShapes(stated, input, outputs, "glorot_uniform");
  if (shapes.faults !== null) throw new Error(shapes.faults[0]!.message);
  const { layers } = shapes;
  const parameters = layers.map((layer) => layer.parameters.map(startParameter));
  const optimizer = workload.optimizer === "adam" ? tf.train.adam(lr) : tf.train.sgd(lr);
  // Images here are [channels, height, width], there the channels come last.
  const [channels, ...image] = input;
  const inputs = tf.randomUniform([batch, ...image, channels!]);
  const targets = tf.oneHot(tf.randomUniform([batch], 0, outputs, "int32"), outputs);
  const loss = (): tf.Scalar => {
    const logits = layers.reduce((x, layer, i) => apply(layer, x, parameters[i]!), inputs);
    return tf.reshape(tf.losses.softmaxCrossEntropy(targets, logits), []) as tf.Scalar;
  };
  return async () => {
    const cost = optimizer.minimize(loss, true, parameters.flat());
    // The numbers of the loss, as a training loop reads them; it is synchronous in WebAssembly.
    cost?.dataSync();
    cost?.dispose();
  };
}

/** Kernels are [height, width, channels, filters] there; a dense weight is [inputs, units] in both. */
function startParameter({ shape }: { shape: number[] }): tf.Variable {
  const [filters, channels, ...kernel] = shape;
  const own = shape.length === 4 ? [...kernel, channels!, filters!] : shape;
  const bound = shape.length === 1 ? 0 : Math.sqrt(6 / (elements(shape) / Math.min(...shape)));
  return tf.variable(tf.randomUniform(own, -bound, bound));
}

function apply({ layer }: LayerShapes, x: tf.Tensor, own: tf.Variable[]): tf.Tensor {
  const [weight, bias] = own as [tf.Variable<tf.Rank.R4> & tf.Variable<tf.Rank.R2>, tf.Variable];
  const activate = (y: tf.Tensor) =>
    "activation" in layer && layer.activation === "relu" ? tf.relu(y) : y;
  switch (layer.type) {
    case "dense":
      return activate(tf.add(tf.matMul(x, weight), bias));
    case "conv2d":
      return activate(tf.add(tf.conv2d(x as tf.Tensor4D, weight, 1, layer.padding), bias));
    case "max_pool2d":
      return tf.maxPool(x as tf.Tensor4D, layer.size, layer.stride, "valid");
    case "flatten":
      return tf.reshape(x, [x.shape[0]!, -1]);
    default:
      throw new Error(`steps-tfjs.ts does not know the layer ${layer.type}`);
  }
}
