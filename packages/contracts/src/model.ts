import { type Static, Type } from "typebox";

const closed = { additionalProperties: false };

export const ACTIVATIONS = ["none", "relu", "tanh", "sigmoid"] as const;
export type Activation = (typeof ACTIVATIONS)[number];
const activation = Type.Optional(Type.Enum([...ACTIVATIONS]));
const size = (maximum: number) => Type.Integer({ minimum: 1, maximum });

/** `units` may be left out of the last layer: the target says how many outputs there are. */
export const DenseLayer = Type.Object(
  { type: Type.Literal("dense"), units: Type.Optional(size(1_000_000)), activation },
  closed,
);
export const Conv2dLayer = Type.Object(
  {
    type: Type.Literal("conv2d"),
    filters: size(100_000),
    kernel: size(1000),
    stride: Type.Optional(size(1000)),
    padding: Type.Optional(Type.Enum(["same", "valid"])),
    activation,
  },
  closed,
);
export const MaxPool2dLayer = Type.Object(
  { type: Type.Literal("max_pool2d"), size: size(1000), stride: Type.Optional(size(1000)) },
  closed,
);
export const FlattenLayer = Type.Object({ type: Type.Literal("flatten") }, closed);

/** Told apart by `type`: `oneOf` with a discriminator gives errors of the right branch only. */
export const Layer = Type.Unsafe<
  | Static<typeof DenseLayer>
  | Static<typeof Conv2dLayer>
  | Static<typeof MaxPool2dLayer>
  | Static<typeof FlattenLayer>
>({
  type: "object",
  required: ["type"],
  discriminator: { propertyName: "type" },
  oneOf: [DenseLayer, Conv2dLayer, MaxPool2dLayer, FlattenLayer],
});
export type Layer = Static<typeof Layer>;

export const INITIALISATIONS = [
  "glorot_uniform",
  "glorot_normal",
  "he_uniform",
  "he_normal",
] as const;
export type Initialisation = (typeof INITIALISATIONS)[number];

export const Model = Type.Object(
  {
    layers: Type.Array(Layer, { minItems: 1, maxItems: 200 }),
    initialisation: Type.Optional(Type.Enum([...INITIALISATIONS])),
  },
  closed,
);
export type Model = Static<typeof Model>;

/** A layer with every value that runs, defaults filled in. */
export type ResolvedLayer =
  | { type: "dense"; units: number; activation: Activation }
  | {
      type: "conv2d";
      filters: number;
      kernel: number;
      stride: number;
      padding: "same" | "valid";
      activation: Activation;
    }
  | { type: "max_pool2d"; size: number; stride: number }
  | { type: "flatten" };

export interface ResolvedModel {
  layers: ResolvedLayer[];
  initialisation: Initialisation;
}
