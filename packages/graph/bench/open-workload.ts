import { elements, followShapes } from "@descent/contracts";
import { buildOptimizer, findRule } from "@descent/optimizers";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { mersenne } from "pure-rand/generator/mersenne";
import {
  createTrainingStep,
  initialiseWeights,
  modelOfLayers,
  placeTensors,
} from "../src/index.ts";
import type { SteppedWorkload } from "./workloads.ts";

/**
 * A workload on random data, ready to be stepped.
 *
 * @param profileTo where onnxruntime writes its profile of the gradients
 */
export async function openWorkload(
  { input, layers, outputs, batch, optimizer: name, lr, threads }: SteppedWorkload,
  profileTo?: string,
) {
  const shapes = followShapes(layers, input, outputs, "glorot_uniform");
  if (shapes.faults !== null) throw new Error(shapes.faults[0]!.message);
  const model = modelOfLayers(shapes.layers, input);
  const { tensors, length } = placeTensors(model.parameters);
  const { text, hypers } = findRule(name, "torch")!;
  const optimizer = buildOptimizer({
    text,
    precision: "float32",
    tensors: tensors.map((tensor) => ({ begin: tensor.offset, length: tensor.length })),
    length,
    groups: [
      {
        tensors: Array.from(tensors.keys()),
        hypers: {
          ...Object.fromEntries(hypers.map((hyper) => [hyper.name, hyper.default])),
          lr,
        },
      },
    ],
  });
  const { weights, gradients } = optimizer;
  initialiseWeights(weights, tensors, 1);
  const random = mersenne(1);
  const uniform = () => uniformFloat64(random);
  const inputs = Float32Array.from({ length: batch * elements(input) }, uniform);
  const targets = Int32Array.from({ length: batch }, () => Math.floor(uniform() * outputs));
  const training = await createTrainingStep({
    model,
    loss: "cross_entropy",
    weights,
    gradients,
    seed: 1,
    threads,
    ...(profileTo === undefined ? {} : { profileTo }),
  });
  return {
    /** Forward and backward. */
    gradients: () => training.step(inputs, targets, batch),
    /** Forward, backward and the update. */
    async step() {
      await training.step(inputs, targets, batch);
      optimizer.step(1);
    },
    release: training.release,
  };
}
