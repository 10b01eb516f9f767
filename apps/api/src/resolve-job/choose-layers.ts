import {
  DEFAULT_PRESET_SIZE,
  elements,
  expandPreset,
  type Fault,
  followShapes,
  initialisationOf,
  type Layer,
  type LayersModel,
  type PresetModel,
} from "@descent/contracts";
import type { ChosenModel } from "./choose-model.ts";

/**
 * The model's own layers or those of its preset, followed through their shapes.
 *
 * @param inputs the shape of one sample; null where it is not known
 */
export function chooseLayers(
  model: LayersModel | PresetModel,
  inputs: readonly number[] | null,
  outputs: number,
  faults: Fault[],
): ChosenModel | null {
  if (inputs === null) return null;
  const initialisation = initialisationOf(model);
  const follow = (layers: readonly Layer[], stated: object): ChosenModel | Fault[] => {
    const shapes = followShapes(layers, inputs, outputs, initialisation);
    if (shapes.faults) return shapes.faults;
    const resolved = { ...stated, layers: shapes.layers.map(({ layer }) => layer), initialisation };
    return {
      resolved,
      parameters: shapes.layers.flatMap(({ parameters }) => parameters),
      numbers: shapes.layers.reduce((sum, { output }) => sum + elements(output), 0),
    };
  };
  if ("layers" in model) {
    const followed = follow(model.layers, {});
    if (!Array.isArray(followed)) return followed;
    faults.push(...followed);
    return null;
  }
  const preset = { preset: model.preset, size: model.size ?? DEFAULT_PRESET_SIZE };
  const layers = expandPreset(preset, inputs, outputs);
  if (layers === null) {
    const message = `${model.preset} takes images [channels, height, width], but this data set is a table; give the model its "layers"`;
    faults.push({ pointer: "/model/preset", message });
    return null;
  }
  const followed = follow(layers, preset);
  if (!Array.isArray(followed)) return followed;
  // The layers are not the user's: their faults belong to the preset.
  faults.push(...followed.map((fault) => ({ ...fault, pointer: "/model/preset" })));
  return null;
}
