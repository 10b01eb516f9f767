import { irisJob, optimizer } from "../iris-job.ts";

const hypers = { lr: 0.05, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.1 };
const options = { amsgrad: false, maximize: false };

/** Cosine with warm-up, clipping by the global norm, decoupled decay of the weights alone; full batch. */
export const job = irisJob({
  optimizer: optimizer({
    rule: "adamw",
    convention: "torch",
    ...hypers,
    ...options,
    schedule: {
      type: "cosine",
      floor: 0.1,
      over: 45,
      restarts: null,
      per: "step",
      warmup: { steps: 5, from: 0.2 },
    },
    clip: { global_norm: 0.3 },
    groups: [
      {
        match: "*.bias",
        tensors: ["layers.0.bias", "layers.1.bias"],
        hypers: { ...hypers, ...options, weight_decay: 0 },
      },
    ],
  }),
  epochs: 50,
  batch_size: 120,
});
