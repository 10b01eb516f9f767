import { Type } from "typebox";

/** The initialisations that have a name; their formulas stand in packages/graph/src/initialise-weights. */
export const INITIALISATIONS = [
  "glorot_uniform",
  "glorot_normal",
  "he_uniform",
  "he_normal",
  "lecun_uniform",
  "lecun_normal",
  "orthogonal",
  "truncated_normal",
  "zeros",
] as const;

export type Initialisation = (typeof INITIALISATIONS)[number] | { constant: number };

/**
 * A name, or {"constant": c}. Each keyword binds only its own kind of value, so that a fault is about the kind
 * that was sent and lists the names there are.
 */
export const Initialisation = Type.Unsafe<Initialisation>({
  type: ["string", "object"],
  pattern: `^(${INITIALISATIONS.join("|")})$`,
  properties: { constant: { type: "number", minimum: -1e6, maximum: 1e6 } },
  required: ["constant"],
  additionalProperties: false,
  description: `How weights start: ${INITIALISATIONS.join(", ")}, or {"constant": c}.`,
});

export const DEFAULT_INITIALISATION = "glorot_uniform" satisfies Initialisation;
