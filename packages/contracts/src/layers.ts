import { type Static, Type } from "typebox";
import { ACTIVATIONS } from "./activation.ts";
import { Initialisation } from "./initialisation.ts";

const closed = { additionalProperties: false };

/** What the model's own input is called where layers name their inputs. */
export const MODEL_INPUT = "input";

const layerName = () => Type.String({ pattern: "^[A-Za-z][A-Za-z0-9_-]{0,63}$" });
/**
 * The graph form: a layer may have a name, and name the layers whose outputs it takes. Left out, it takes the
 * layer before it; the first takes the model's input, which is called "input".
 */
const wiring = {
  name: Type.Optional(layerName()),
  inputs: Type.Optional(
    Type.Array(layerName(), {
      minItems: 1,
      maxItems: 100,
      uniqueItems: true,
      description: 'Names of layers before this one, or "input"; left out, the layer before it.',
    }),
  ),
};
const activation = Type.Optional(Type.Enum([...ACTIVATIONS]));
const initialisation = Type.Optional(Initialisation);
const bias = Type.Optional(Type.Boolean());
const size = (maximum: number) => Type.Integer({ minimum: 1, maximum });
const zeros = Type.Integer({ minimum: 0, maximum: 1000 });
const eps = Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1 }));
const bare = <const T extends string>(type: T) =>
  Type.Object({ type: Type.Literal(type), ...wiring }, closed);

/**
 * Every layer there is. Features lie along the first axis of a sample: [features], or [channels, height,
 * width]; after an embedding along the last, [columns, units].
 */
const LAYERS = {
  /** `units` may be left out of the last layer: the target says how many outputs there are. */
  dense: Type.Object(
    {
      type: Type.Literal("dense"),
      units: Type.Optional(size(1_000_000)),
      activation,
      bias,
      initialisation,
      ...wiring,
    },
    closed,
  ),
  /** `padding`: "valid" is none, "same" gives ceil(length / stride) outputs, a number is on every side. */
  conv2d: Type.Object(
    {
      type: Type.Literal("conv2d"),
      filters: size(100_000),
      kernel: size(1000),
      stride: Type.Optional(size(1000)),
      padding: Type.Optional(
        Type.Unsafe<"same" | "valid" | number>({
          type: ["string", "integer"],
          pattern: "^(same|valid)$",
          minimum: 0,
          maximum: 1000,
          description: '"valid", "same", or the zeros on every side.',
        }),
      ),
      dilation: Type.Optional(size(1000)),
      groups: Type.Optional(size(100_000)),
      activation,
      bias,
      initialisation,
      ...wiring,
    },
    closed,
  ),
  max_pool2d: Type.Object(
    {
      type: Type.Literal("max_pool2d"),
      size: size(1000),
      stride: Type.Optional(size(1000)),
      padding: Type.Optional(zeros),
      ...wiring,
    },
    closed,
  ),
  /** The zeros of the padding count as numbers of the window, as in PyTorch. */
  avg_pool2d: Type.Object(
    {
      type: Type.Literal("avg_pool2d"),
      size: size(1000),
      stride: Type.Optional(size(1000)),
      padding: Type.Optional(zeros),
      ...wiring,
    },
    closed,
  ),
  /** The mean of every channel: [channels, height, width] becomes [channels]. */
  global_avg_pool2d: bare("global_avg_pool2d"),
  flatten: bare("flatten"),
  /** In training every number is 0 with the probability `rate`, else divided by 1 - rate. */
  dropout: Type.Object(
    {
      type: Type.Literal("dropout"),
      rate: Type.Number({ minimum: 0, exclusiveMaximum: 1 }),
      ...wiring,
    },
    closed,
  ),
  /** By features or channels, over the batch. Running statistics move by `momentum` of the way, as in PyTorch. */
  batch_norm: Type.Object(
    {
      type: Type.Literal("batch_norm"),
      momentum: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1 })),
      eps,
      activation,
      ...wiring,
    },
    closed,
  ),
  /** Over the features of every sample; of an image over the channels of every place. */
  layer_norm: Type.Object({ type: Type.Literal("layer_norm"), eps, activation, ...wiring }, closed),
  /** Columns of whole numbers from 0 to vocabulary - 1: each becomes the vector of its number. */
  embedding: Type.Object(
    {
      type: Type.Literal("embedding"),
      vocabulary: size(10_000_000),
      units: size(100_000),
      initialisation,
      ...wiring,
    },
    closed,
  ),
  /** The sum of inputs of one shape. */
  add: Type.Object({ type: Type.Literal("add"), activation, ...wiring }, closed),
  /** Inputs one after the other along the axis of the features or channels. */
  concat: bare("concat"),
  relu: bare("relu"),
  leaky_relu: Type.Object(
    {
      type: Type.Literal("leaky_relu"),
      slope: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
      ...wiring,
    },
    closed,
  ),
  elu: Type.Object(
    {
      type: Type.Literal("elu"),
      alpha: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 100 })),
      ...wiring,
    },
    closed,
  ),
  gelu: bare("gelu"),
  silu: bare("silu"),
  sigmoid: bare("sigmoid"),
  tanh: bare("tanh"),
  softmax: bare("softmax"),
};

type Layers = { [T in keyof typeof LAYERS]: Static<(typeof LAYERS)[T]> };
export type LayerType = keyof Layers;
export const LAYER_TYPES = Object.keys(LAYERS) as LayerType[];
export type Layer<T extends LayerType = LayerType> = Layers[T];

/** Told apart by `type`: `oneOf` with a discriminator gives errors of the right branch only. */
export const Layer = Type.Unsafe<Layer>({
  type: "object",
  required: ["type"],
  discriminator: { propertyName: "type" },
  oneOf: Object.values(LAYERS),
});

type Wiring = "name" | "inputs";
type Resolved<L extends Layer> = Required<Omit<L, Wiring>> & Pick<L, Wiring>;

/** A layer with every value that runs, defaults filled in; `name` and `inputs` as they were sent. */
export type ResolvedLayer<T extends LayerType = LayerType> = {
  [K in T]: Resolved<Layer<K>>;
}[T];
