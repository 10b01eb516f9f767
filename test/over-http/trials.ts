import {
  ACTIVATIONS,
  INITIALISATIONS,
  type Initialisation,
  type JobSpec,
  LAYER_TYPES,
  type Layer,
  type LayerType,
  LOSSES,
  type LossName,
  type LossSpec,
  type OptimizerSpec,
  PRESETS,
} from "@descent/contracts";
import type { DataName } from "./data-sets.ts";

/** One small job, which learns. */
export interface Trial extends Pick<JobSpec, "model"> {
  title: string;
  data: DataName;
  more: Partial<JobSpec>;
}

const DENSE: Layer = { type: "dense" };
const FLATTEN: Layer = { type: "flatten" };

const adam = (lr: number): OptimizerSpec => ({ rule: "adam", lr });
const TABLES: Partial<JobSpec> = { epochs: 20, optimizer: adam(0.03) };
const IMAGES: Partial<JobSpec> = { epochs: 20, optimizer: adam(0.01) };
const PRESET: Partial<JobSpec> = { epochs: 8, optimizer: adam(0.003) };

/** Layers between a table and its answer. */
const onTable = (...layers: Layer[]) => trialOf("kinds", [...layers, DENSE]);
/** Layers between images and a dense layer. */
const onImages = (...layers: Layer[]) => trialOf("textures", [...layers, FLATTEN, DENSE]);
const hidden: Layer = { type: "dense", units: 12 };
const conv = (filters: number, more: Partial<Layer<"conv2d">> = {}): Layer => ({
  type: "conv2d",
  filters,
  kernel: 3,
  activation: "relu",
  ...more,
});

function trialOf(data: DataName, layers: Layer[], more: Partial<JobSpec> = {}): Unnamed {
  return {
    data,
    model: { layers },
    more: { ...(data === "textures" ? IMAGES : TABLES), ...more },
  };
}
type Unnamed = Omit<Trial, "title">;

/** Every layer there is, with its options: a new one has no trial, and the types say so. */
export const LAYER_TRIALS: Record<LayerType, Unnamed[]> = {
  dense: [onTable(), onTable({ ...hidden, activation: "relu", bias: false })],
  conv2d: [
    onImages(conv(6)),
    onImages(conv(6, { stride: 2 })),
    onImages(conv(6, { padding: "same" })),
    onImages(conv(6, { padding: 2, bias: false })),
    onImages(conv(6, { dilation: 2 })),
    onImages(conv(6), conv(9, { groups: 3, kernel: 2, stride: 2, padding: 1, dilation: 2 })),
  ],
  max_pool2d: [
    onImages({ type: "max_pool2d", size: 2 }),
    onImages({ type: "max_pool2d", size: 2, stride: 3, padding: 1 }),
  ],
  avg_pool2d: [
    onImages({ type: "avg_pool2d", size: 2 }),
    onImages({ type: "avg_pool2d", size: 2, stride: 3, padding: 1 }),
  ],
  global_avg_pool2d: [trialOf("textures", [conv(12), { type: "global_avg_pool2d" }, DENSE])],
  flatten: [onImages()],
  dropout: [onTable({ ...hidden, activation: "relu" }, { type: "dropout", rate: 0.2 })],
  batch_norm: [
    onTable(hidden, { type: "batch_norm", activation: "relu" }),
    onImages(conv(6), { type: "batch_norm", momentum: 0.3, eps: 1e-3 }),
  ],
  layer_norm: [
    onTable(hidden, { type: "layer_norm", activation: "relu" }),
    onImages(conv(6), { type: "layer_norm", eps: 1e-3 }),
  ],
  embedding: [
    trialOf("words", [{ type: "embedding", vocabulary: 8, units: 4 }, FLATTEN, DENSE]),
    trialOf("words", [
      { type: "embedding", vocabulary: 9, units: 4 },
      { type: "layer_norm", activation: "tanh" },
      FLATTEN,
      DENSE,
    ]),
  ],
  add: [
    onTable(
      { ...hidden, activation: "relu", name: "a" },
      { ...hidden, name: "b" },
      { type: "add", inputs: ["a", "b"], activation: "relu" },
    ),
    onImages(conv(6, { name: "a" }), conv(6, { padding: "same", activation: "none", name: "b" }), {
      type: "add",
      inputs: ["b", "a"],
    }),
  ],
  concat: [
    onTable(
      { ...hidden, activation: "relu", name: "a" },
      { type: "concat", inputs: ["input", "a"] },
    ),
    onImages(
      conv(3, { kernel: 1, name: "a" }),
      conv(3, { padding: 1, inputs: ["input"], name: "b" }),
      { type: "concat", inputs: ["a", "b"] },
    ),
  ],
  relu: [onTable(hidden, { type: "relu" })],
  leaky_relu: [onTable(hidden, { type: "leaky_relu", slope: 0.2 })],
  elu: [onTable(hidden, { type: "elu", alpha: 0.5 })],
  gelu: [onTable(hidden, { type: "gelu" })],
  silu: [onTable(hidden, { type: "silu" })],
  sigmoid: [onTable(hidden, { type: "sigmoid" })],
  tanh: [onTable(hidden, { type: "tanh" })],
  softmax: [onTable(hidden, { type: "softmax" })],
};

/** Every loss there is, by its name and with its options, on data of its kind. */
export const LOSS_TRIALS: Record<LossName, [data: DataName, losses: LossSpec[]]> = {
  cross_entropy: [
    "kinds",
    [
      "cross_entropy",
      { type: "cross_entropy", label_smoothing: 0.1 },
      { type: "cross_entropy", class_weights: [1, 2, 4] },
      { type: "cross_entropy", label_smoothing: 0.2, class_weights: [0.5, 3, 1] },
    ],
  ],
  binary_cross_entropy: ["pairs", ["binary_cross_entropy", { type: "binary_cross_entropy" }]],
  mse: ["heights", ["mse", { type: "mse" }]],
  mae: ["heights", ["mae", { type: "mae" }]],
  huber: ["heights", ["huber", { type: "huber", delta: 0.1 }]],
};

const withLoss = (data: DataName, loss: LossSpec) =>
  trialOf(data, [{ ...hidden, activation: "tanh" }, DENSE], { loss });
const startedBy = (initialisation: Initialisation): Unnamed => ({
  ...onTable(),
  // One layer learns from any start, from zeros too.
  model: { layers: [DENSE], initialisation },
});

/** One job for everything that a model or a loss can say, taken from the lists of the contracts. */
export const TRIALS: Trial[] = [
  ...LAYER_TYPES.flatMap((type) => named(`the layer ${type}`, LAYER_TRIALS[type])),
  ...ACTIVATIONS.flatMap((activation) =>
    named(`the activation ${activation}`, [onTable({ ...hidden, activation })]),
  ),
  ...[...INITIALISATIONS, { constant: 0.3 }].flatMap((start) =>
    named(`weights of ${JSON.stringify(start)}`, [startedBy(start)]),
  ),
  ...LOSSES.flatMap((name) => {
    const [data, losses] = LOSS_TRIALS[name];
    return losses.flatMap((loss) =>
      named(`the loss ${JSON.stringify(loss)}`, [withLoss(data, loss)]),
    );
  }),
  ...named("two outputs for two classes", [withLoss("pairs", "cross_entropy")]),
  ...named("eight classes", [withLoss("octants", "cross_entropy")]),
  ...named("a target in its own unit", [
    trialOf("heights", [DENSE], {
      loss: { type: "huber", delta: 20 },
      optimizer: adam(3),
      epochs: 60,
    }),
  ]),
  ...PRESETS.flatMap((preset) =>
    named(`the preset ${preset}`, [{ data: "textures", model: { preset }, more: PRESET }]),
  ),
];

function named(title: string, trials: readonly Unnamed[]): Trial[] {
  return trials.map((trial, index) => ({
    ...trial,
    title: trials.length === 1 ? title : `${title}, ${index + 1}`,
  }));
}
