// Writes what a PyTorch loop needs to start where the job of pytorch.test.ts starts: standardized rows,
// classes and initial weights. `node dump-start.ts | python make_reference.py > iris-adamw.json`
import { prepareData } from "@descent/datasets";
import { initialiseWeights, placeTensors } from "@descent/graph";
import { buildModel } from "../../src/build-model.ts";
import { readIris } from "../iris-job.ts";
import { job } from "./job.ts";

const data = prepareData(await readIris(), job.dataset, job.loss);
const { training, validation } = data;
const { tensors, length } = placeTensors(buildModel(job, data).parameters);
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
