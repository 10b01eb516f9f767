import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { Dataset, Job, JobSpec } from "@descent/contracts";
import { type Api, callApi } from "./call-api.ts";

const DIGITS = new URL("../../../../packages/datasets/data/digits.csv", import.meta.url);

/**
 * The textbook's eight, each with a learning rate that suits it: the same for all would compare learning
 * rates, not optimizers.
 */
const OPTIMIZERS = [
  { rule: "sgd", lr: 0.1 },
  { rule: "momentum", lr: 0.05, momentum: 0.9 },
  { rule: "nesterov", lr: 0.05, momentum: 0.9 },
  { rule: "adagrad", lr: 0.05 },
  { rule: "adadelta", lr: 1 },
  { rule: "rmsprop", lr: 0.005 },
  { rule: "adam", lr: 0.01 },
  { rule: "nadam", lr: 0.01 },
];
const SEEDS = [1, 2];
export const EPOCHS = 15;

/** Uploads the 8x8 digits and waits until they are ready. */
export async function uploadDigits(api: Api): Promise<Dataset> {
  const csv = await readFile(DIGITS, "utf8");
  let dataset = await callApi<Dataset>(api, "POST", "/v1/datasets?name=digits", csv);
  while (dataset.status === "validating") {
    await pause(100);
    dataset = await callApi<Dataset>(api, "GET", `/v1/datasets/${dataset.id}`);
  }
  return dataset;
}

/** Posts one job per optimizer and seed: same data, same split, same model. */
export function postJobs(api: Api, dataset: Dataset, experiment: string): Promise<Job[]> {
  const specs = OPTIMIZERS.flatMap((optimizer) =>
    SEEDS.map(
      (seed): JobSpec => ({
        name: `${optimizer.rule}, seed ${seed}`,
        dataset: { id: dataset.id, target: "digit", validation_fraction: 0.2, split_seed: 7 },
        model: { layers: [{ type: "dense", units: 64, activation: "relu" }, { type: "dense" }] },
        loss: "cross_entropy",
        optimizer: { convention: "paper", ...optimizer },
        epochs: EPOCHS,
        batch_size: 32,
        seed,
        tags: { experiment },
      }),
    ),
  );
  return Promise.all(specs.map((spec) => callApi<Job>(api, "POST", "/v1/jobs", spec)));
}
