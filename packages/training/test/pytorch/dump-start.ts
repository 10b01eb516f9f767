// Writes what a PyTorch loop needs to start where the job of pytorch.test.ts starts: standardized rows,
// classes and initial weights. `node dump-start.ts | python make_reference.py > iris-adamw.json`
import { followShapes } from "@descent/contracts";
import { prepareData } from "@descent/datasets";
import { initialiseWeights, placeTensors } from "@descent/graph";
import { readIris } from "../iris-job.ts";
import { job } from "./job.ts";

const { training, validation, inputShape, outputs } = prepareData(
  await readIris(),
  job.dataset,
  job.loss,
);
const shapes = followShapes(job.model.layers, inputShape, outputs, job.model.initialisation);
if (shapes.faults) throw new Error(JSON.stringify(shapes.faults));
const { tensors, length } = placeTensors(shapes.layers);
const weights = new Float32Array(length);
initialiseWeights(weights, tensors, job.seed);
const start = {
  training: { inputs: Array.from(training.inputs), targets: Array.from(training.targets) },
  validation: { inputs: Array.from(validation.inputs), targets: Array.from(validation.targets) },
  weights: Object.fromEntries(
    tensors.map(({ name, shape, offset, length: size }) => [
      name,
      { shape, values: Array.from(weights.subarray(offset, offset + size)) },
    ]),
  ),
};
process.stdout.write(`${JSON.stringify(start)}\n`);
