import type { Layer } from "../layers.ts";
import type { Fault } from "../problem.ts";
import { type Followed, shown } from "./layer-shapes.ts";
import { featureAxis } from "./normalisation.ts";

/** What comes into a layer that takes several inputs: a name to call it by, and its shape. */
export interface Joined {
  called: string;
  shape: number[];
}

/** The sum of inputs of one shape. */
export function followAdd(layer: Layer<"add">, joined: readonly Joined[]): Followed {
  const fault = sameExcept(null, "add takes inputs of one shape", joined);
  if (fault) return fault;
  const { activation = "none" } = layer;
  return { layer: { ...layer, activation }, output: joined[0]!.shape, parameters: [] };
}

/** Inputs side by side along the axis of the features; all other axes must agree. */
export function followConcat(layer: Layer<"concat">, joined: readonly Joined[]): Followed {
  const first = joined[0]!.shape;
  const axis = featureAxis(first);
  const rule = `concat takes inputs that differ in ${first.length === 3 ? "their channels" : "one axis"} only`;
  const fault = sameExcept(axis, rule, joined);
  if (fault) return fault;
  const total = joined.reduce((sum, { shape }) => sum + (shape[axis] as number), 0);
  return { layer, output: first.with(axis, total), parameters: [] };
}

function sameExcept(axis: number | null, rule: string, joined: readonly Joined[]): Fault | null {
  if (joined.length < 2)
    return { pointer: "/inputs", message: "at least two inputs are needed; name them" };
  const first = joined[0]!;
  for (const [index, { called, shape }] of joined.entries()) {
    const agrees =
      shape.length === first.shape.length &&
      shape.every((length, i) => i === axis || length === first.shape[i]);
    if (!agrees)
      return {
        pointer: `/inputs/${index}`,
        message: `${rule}, but ${first.called} gives ${shown(first.shape)} and ${called} gives ${shown(shape)}`,
      };
  }
  return null;
}
