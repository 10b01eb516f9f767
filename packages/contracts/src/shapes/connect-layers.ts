import { type Layer, MODEL_INPUT } from "../layers.ts";
import type { Fault } from "../problem.ts";

export type Connections = { inputs: number[][]; faults: null } | { faults: [Fault] };

/**
 * Which layers each layer takes its inputs from, by their places in the list; -1 is the model's input. A
 * layer takes layers before it only, so that nothing goes in a circle. Every layer but the last must be taken
 * by some other.
 *
 * @returns the first fault met, with a pointer from the list of layers on
 */
export function connectLayers(layers: readonly Layer[]): Connections {
  const places = new Map<string, number>([[MODEL_INPUT, -1]]);
  for (const [index, { name }] of layers.entries()) {
    if (name === undefined) continue;
    const taken = places.get(name);
    if (taken !== undefined)
      return fault(
        `/${index}/name`,
        taken < 0 ? `"${name}" is the model's own input` : `layer ${taken} is called "${name}" too`,
      );
    places.set(name, index);
  }

  const inputs: number[][] = [];
  const used = new Set<number>();
  for (const [index, layer] of layers.entries()) {
    const own: number[] = [];
    for (const [k, name] of (layer.inputs ?? []).entries()) {
      const place = places.get(name);
      const pointer = `/${index}/inputs/${k}`;
      if (place === undefined)
        return fault(pointer, `no layer is called "${name}"`, namesBefore(places, index));
      if (place >= index)
        return fault(
          pointer,
          `"${name}" is ${place === index ? "this layer itself" : `layer ${place}, after this one`}; a layer takes layers before it, so that nothing goes in a circle`,
          namesBefore(places, index),
        );
      own.push(place);
    }
    inputs.push(own.length > 0 ? own : [index - 1]);
    for (const place of inputs[index]!) used.add(place);
  }
  const unused = layers.findIndex((_, index) => index < layers.length - 1 && !used.has(index));
  if (unused >= 0)
    return fault(
      `/${unused}`,
      "no layer takes what this one gives; name it in another layer's inputs, or leave it out",
    );
  return { inputs, faults: null };
}

/** A fault names at most this many layers. */
const MAX_NAMED = 50;

function namesBefore(places: ReadonlyMap<string, number>, index: number): string[] {
  return Array.from(places)
    .filter(([, place]) => place < index)
    .map(([name]) => name)
    .slice(-MAX_NAMED);
}

function fault(pointer: string, message: string, allowed?: string[]): { faults: [Fault] } {
  return { faults: [{ pointer, message, ...(allowed ? { allowed } : {}) }] };
}
