import { elements, type LayerShapes } from "@descent/contracts";
import { buildForward } from "../build-forward.ts";
import type { Model } from "../model.ts";

/**
 * Layers as the engine takes them.
 *
 * @param layers what contracts' followShapes accepted
 * @param inputShape the shape of one sample: [features] or [channels, height, width]
 */
export function modelOfLayers(
  layers: readonly LayerShapes[],
  inputShape: readonly number[],
): Model {
  const vocabularies = layers.flatMap(({ layer }) =>
    layer.type === "embedding" ? layer.vocabulary : [],
  );
  return {
    inputShape,
    outputs: elements(layers.at(-1)!.output),
    parameters: layers.flatMap(({ parameters }) => parameters),
    buffers: layers.flatMap(({ buffers }) => buffers),
    stored: new Map(),
    normalisations: layers.flatMap(({ layer, prefix, input }) =>
      layer.type !== "batch_norm"
        ? []
        : {
            mean: `${prefix}.running_mean`,
            variance: `${prefix}.running_var`,
            momentum: layer.momentum,
            perRow: elements(input.slice(1)),
          },
    ),
    numbersPerRow: layers.reduce((sum, { output }) => sum + elements(output), elements(inputShape)),
    vocabulary: vocabularies.length === 0 ? null : Math.min(...vocabularies),
    append: (graph, mode, input) => buildForward(graph, layers, inputShape, mode, input),
  };
}
