import { type Static, Type } from "typebox";
import { DEFAULT_INITIALISATION, Initialisation } from "./initialisation.ts";
import { Layer, type ResolvedLayer } from "./layers.ts";
import { PRESET_SIZES, PRESETS, type PresetName, type PresetSize } from "./presets.ts";
import { text } from "./scalars.ts";

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

export const HEADS = ["keep", "replace"] as const;
export type Head = (typeof HEADS)[number];

/** An ONNX file uploaded before. `initialisation` is that of a new head. */
const UploadModel = Type.Object(
  {
    id: text(100, { minLength: 1 }),
    head: Type.Optional(
      Type.Enum([...HEADS], {
        description: '"replace" puts a new last layer, with as many outputs as the target needs.',
      }),
    ),
    freeze: Type.Optional(
      Type.Array(text(200, { minLength: 1 }), {
        maxItems: 100,
        description:
          "Patterns of parameter names that stay as they are in the file; * stands for any characters.",
      }),
    ),
    initialisation: Type.Optional(Initialisation),
  },
  closed,
);

export type LayersModel = Static<typeof LayersModel>;
export type PresetModel = Static<typeof PresetModel>;
export type UploadModel = Static<typeof UploadModel>;
export type Model = LayersModel | PresetModel | UploadModel;

const says = (key: string) => ({ type: "object", required: [key] });
const FORMS = ["layers", "preset", "id"];

/** What names no form is told the three, and the fields of all of them. */
const Formless = {
  type: "object",
  anyOf: FORMS.map((form) => ({ required: [form] })),
  properties: Object.fromEntries(
    [LayersModel, PresetModel, UploadModel]
      .flatMap(({ properties }) => Object.keys(properties))
      .map((field) => [field, {}]),
  ),
  ...closed,
};

/** Chosen by `if`, so that faults are of the form that was meant. */
export const Model = Type.Unsafe<Model>({
  description:
    'Layers; or a preset: {"preset": "resnet", "size": "small"}, sized for the images of the data set; or an uploaded model: {"id": "mdl_…", "head": "replace", "freeze": ["features.*"]}.',
  allOf: [
    { if: { not: says("id") }, else: UploadModel },
    { if: { anyOf: [says("id"), { not: says("preset") }] }, else: PresetModel },
    { if: { anyOf: [says("id"), says("preset"), { not: says("layers") }] }, else: LayersModel },
    { if: { anyOf: FORMS.map(says) }, else: Formless },
  ],
});

/** The layers as sent; a preset states none. */
export function statedLayers(model: Model): readonly Layer[] {
  return "layers" in model ? model.layers : [];
}

export const DEFAULT_PRESET_SIZE = "small" satisfies PresetSize;

/** Where rows choose vectors of a table, as an embedding lets them: all numbers are whole and below this. */
export function vocabularyOf(model: ResolvedModel): number | null {
  if (!("layers" in model)) return model.vocabulary;
  const vocabularies = model.layers.flatMap((layer) =>
    layer.type === "embedding" ? layer.vocabulary : [],
  );
  return vocabularies.length > 0 ? Math.min(...vocabularies) : null;
}

/** A preset's layers end with relu, for which He et al. (2015) made theirs; deep ones do not start without. */
export function initialisationOf(model: LayersModel | PresetModel): Initialisation {
  return model.initialisation ?? ("preset" in model ? "he_normal" : DEFAULT_INITIALISATION);
}

export interface ResolvedLayers {
  /** Only of a model that was sent as a preset; what runs are the layers. */
  preset?: PresetName;
  size?: PresetSize;
  layers: ResolvedLayer[];
  initialisation: Initialisation;
}

export interface ResolvedUpload {
  id: string;
  /** Of the file. */
  sha256: string;
  head: Head;
  freeze: string[];
  /** The names of the parameters that the patterns freeze. */
  frozen: string[];
  /** Of the new head; null where the head is kept. */
  initialisation: Initialisation | null;
  /** As the profile of the file has them. */
  vocabulary: number | null;
  numbers_per_row: number;
}

export type ResolvedModel = ResolvedLayers | ResolvedUpload;
