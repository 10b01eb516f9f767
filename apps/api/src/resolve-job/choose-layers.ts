import {
  DEFAULT_PRESET_SIZE,
  expandPreset,
  type Fault,
  followShapes,
  initialisationOf,
  type Model,
  type ResolvedModel,
  type ShapesResult,
} from "@descent/contracts";

export interface ChosenLayers {
  /** The layers with their shapes; null where there is nothing to follow. */
  shapes: Exclude<ShapesResult, { faults: Fault[] }> | null;
  /** What the model says beside its layers. */
  stated: Omit<ResolvedModel, "layers">;
}

/**
 * The model's own layers or those of its preset, followed through their shapes.
 *
 * @param inputs the shape of one sample; null where it is not known
 */
export function chooseLayers(
  model: Model,
  inputs: readonly number[] | null,
  outputs: number,
  faults: Fault[],
): ChosenLayers {
  const initialisation = initialisationOf(model);
  if ("layers" in model) {
    const shapes = inputs && followShapes(model.layers, inputs, outputs, initialisation);
    if (shapes?.faults) faults.push(...shapes.faults);
    return { shapes: shapes?.faults === null ? shapes : null, stated: { initialisation } };
  }
  const preset = { preset: model.preset, size: model.size ?? DEFAULT_PRESET_SIZE };
  const stated = { ...preset, initialisation };
  if (inputs === null) return { shapes: null, stated };
  const layers = expandPreset(preset, inputs, outputs);
  if (layers === null) {
    const message = `${model.preset} takes images [channels, height, width], but this data set is a table; give the model its "layers"`;
    faults.push({ pointer: "/model/preset", message });
    return { shapes: null, stated };
  }
  const shapes = followShapes(layers, inputs, outputs, initialisation);
  if (shapes.faults === null) return { shapes, stated };
  // The layers are not the user's: their faults belong to the preset.
  faults.push(...shapes.faults.map((fault) => ({ ...fault, pointer: "/model/preset" })));
  return { shapes: null, stated };
}
