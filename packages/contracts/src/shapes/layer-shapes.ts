import type { Initialisation } from "../initialisation.ts";
import type { ResolvedLayer } from "../layers.ts";
import type { Fault } from "../problem.ts";

/** One trainable tensor of a model. `fanIn` and `fanOut` are what the formulas of initialisations call them. */
export interface ParameterTensor {
  name: string;
  /** `scale` is the factor of a normalisation, which starts at one. */
  role: "weight" | "bias" | "scale";
  shape: number[];
  fanIn: number;
  fanOut: number;
  /** `stored`: it starts as an uploaded file has it. */
  initialisation: Initialisation | "stored";
}

/** A tensor that belongs to the model but that no optimizer moves: a running statistic, a frozen weight. */
export interface BufferTensor {
  name: string;
  shape: number[];
  /** What every number of it starts at; `stored`: as an uploaded file has it. */
  initial: number | "stored";
}

export interface LayerShapes {
  layer: ResolvedLayer;
  /** What its tensors' names begin with: its name, or `layers.` and its place. */
  prefix: string;
  /** Which layers' outputs it takes, by their place in the list; -1 is the model's input. */
  inputs: number[];
  /** The shape of its first input, of one sample. */
  input: number[];
  output: number[];
  parameters: ParameterTensor[];
  buffers: BufferTensor[];
}

/** Where a layer stands, for the rules of one type of layer. */
export interface Place {
  prefix: string;
  /** The shape of its first input. */
  input: number[];
  /** The first place of the list is the model's input itself, as the data give it. */
  takesData: boolean;
  /** How many numbers the last layer must give; null for all others. */
  outputs: number | null;
  /** The model's, for a layer that states none. */
  initialisation: Initialisation;
}

/** A layer's defaults, output and tensors; or its fault, with a pointer from the layer on. */
export type Followed =
  | (Pick<LayerShapes, "layer" | "output" | "parameters"> & { buffers?: BufferTensor[] })
  | Fault;

/** How many numbers a tensor of this shape holds. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, axis) => product * axis, 1);
}

/** A shape as sentences name it: [1, 8, 8]. */
export const shown = (shape: readonly number[]) => `[${shape.join(", ")}]`;

export function needsImage(type: string, input: readonly number[]): Fault {
  return {
    pointer: "",
    message: `${type} takes an image [channels, height, width], but gets ${shown(input)}`,
  };
}

/** A bias, which starts at zero; null where the layer has none. */
export function biasTensor(
  { prefix }: Place,
  length: number,
  fans: Pick<ParameterTensor, "fanIn" | "fanOut">,
): ParameterTensor {
  return {
    name: `${prefix}.bias`,
    role: "bias",
    shape: [length],
    ...fans,
    initialisation: "zeros",
  };
}
