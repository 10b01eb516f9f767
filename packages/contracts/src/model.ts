import { type Static, Type } from "typebox";
import { DEFAULT_INITIALISATION, Initialisation } from "./initialisation.ts";
import { Layer, type ResolvedLayer } from "./layers.ts";
import { PRESET_SIZES, PRESETS, type PresetName, type PresetSize } from "./presets.ts";

const closed = { additionalProperties: false };

/** `initialisation` is for the layers that state none of their own. */
const LayersModel = Type.Object(
  {
    layers: Type.Array(Layer, { minItems: 1, maxItems: 1000 }),
    initialisation: Type.Optional(Initialisation),
  },
  closed,
);

/** A named architecture, sized for the data set's images. */
const PresetModel = Type.Object(
  {
    preset: Type.Enum([...PRESETS]),
    size: Type.Optional(Type.Enum([...PRESET_SIZES])),
    initialisation: Type.Optional(Initialisation),
  },
  closed,
);

export type Model = Static<typeof LayersModel> | Static<typeof PresetModel>;

/** Chosen by `if`, so that faults are of the form that was meant. */
export const Model = Type.Unsafe<Model>({
  description:
    'Layers, or a preset: {"preset": "resnet", "size": "small"}, sized for the images of the data set.',
  allOf: [
    { if: { not: { type: "object", required: ["preset"] } }, else: PresetModel },
    { if: { type: "object", required: ["preset"] }, else: LayersModel },
  ],
});

/** The layers as sent; a preset states none. */
export function statedLayers(model: Model): readonly Layer[] {
  return "layers" in model ? model.layers : [];
}

export const DEFAULT_PRESET_SIZE = "small" satisfies PresetSize;

/** A preset's layers end with relu, for which He et al. (2015) made theirs; deep ones do not start without. */
export function initialisationOf(model: Model): Initialisation {
  return model.initialisation ?? ("preset" in model ? "he_normal" : DEFAULT_INITIALISATION);
}

export interface ResolvedModel {
  /** Only of a model that was sent as a preset; what runs are the layers. */
  preset?: PresetName;
  size?: PresetSize;
  layers: ResolvedLayer[];
  initialisation: Initialisation;
}
