import { type Static, Type } from "typebox";
import { Initialisation } from "./initialisation.ts";
import { Layer, type ResolvedLayer } from "./layers.ts";

/** `initialisation` is for the layers that state none of their own. */
export const Model = Type.Object(
  {
    layers: Type.Array(Layer, { minItems: 1, maxItems: 1000 }),
    initialisation: Type.Optional(Initialisation),
  },
  { additionalProperties: false },
);
export type Model = Static<typeof Model>;

export interface ResolvedModel {
  layers: ResolvedLayer[];
  initialisation: Initialisation;
}
