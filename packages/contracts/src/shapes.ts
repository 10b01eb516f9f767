import type { Layer, ResolvedLayer } from "./model.ts";
import type { Fault } from "./problem.ts";

/** One trainable tensor of a model. `fanIn` and `fanOut` are what Glorot's and He's formulas call them. */
export interface ParameterTensor {
  name: string;
  role: "weight" | "bias";
  shape: number[];
  fanIn: number;
  fanOut: number;
}

export interface LayerShapes {
  layer: ResolvedLayer;
  input: number[];
  output: number[];
  parameters: ParameterTensor[];
}

export type ShapesResult =
  | { layers: LayerShapes[]; output: number[]; parameterCount: number; faults: null }
  | { faults: Fault[] };

/**
 * Which layer stacks are accepted: follows one sample's shape (without the batch axis) through the layers.
 *
 * @param layers the layers as sent
 * @param input the shape of one sample: `[features]` for tables, `[channels, height, width]` for images
 * @param outputs how many numbers the last layer must give; fills in its `units` where they are left out
 * @param pointer the JSON pointer of the layer array, for the faults
 * @returns every layer with its defaults, its shapes and its parameters; or the first fault met, since
 *   what follows a wrong shape has no meaning
 */
export function followShapes(
  layers: readonly Layer[],
  input: readonly number[],
  outputs: number,
  pointer = "/model/layers",
): ShapesResult {
  const followed: LayerShapes[] = [];
  let shape = [...input];
  for (const [index, layer] of layers.entries()) {
    const last = index === layers.length - 1;
    const step = followLayer(layer, shape, index, last ? outputs : null);
    if ("message" in step)
      return { faults: [{ ...step, pointer: `${pointer}/${index}${step.pointer}` }] };
    followed.push(step);
    shape = step.output;
  }
  if (shape.length !== 1 || shape[0] !== outputs) {
    const message = `the last layer gives ${shown(shape)}, but the target needs [${outputs}]; end with {"type": "dense"}`;
    return { faults: [{ pointer: `${pointer}/${layers.length - 1}`, message }] };
  }
  const parameterCount = followed
    .flatMap((step) => step.parameters)
    .reduce((sum, parameter) => sum + elements(parameter.shape), 0);
  return { layers: followed, output: shape, parameterCount, faults: null };
}

/** How many numbers a tensor of this shape holds. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, axis) => product * axis, 1);
}

const shown = (shape: readonly number[]) => `[${shape.join(", ")}]`;

function followLayer(
  layer: Layer,
  input: number[],
  index: number,
  outputs: number | null,
): LayerShapes | Fault {
  switch (layer.type) {
    case "dense": {
      if (input.length !== 1)
        return {
          pointer: "",
          message: `dense takes a flat input, but gets ${shown(input)}; put {"type": "flatten"} before it`,
        };
      const units = layer.units ?? outputs;
      if (units === null)
        return {
          pointer: "/units",
          message: "units are required here; only the last layer may leave them out",
        };
      if (outputs !== null && units !== outputs)
        return {
          pointer: "/units",
          message: `the last layer has ${units} units, but the target needs ${outputs}`,
          allowed: [outputs],
        };
      const fanIn = input[0] as number;
      const fans = { fanIn, fanOut: units };
      return {
        layer: { type: "dense", units, activation: layer.activation ?? "none" },
        input,
        output: [units],
        parameters: [
          { name: `layers.${index}.weight`, role: "weight", shape: [fanIn, units], ...fans },
          { name: `layers.${index}.bias`, role: "bias", shape: [units], ...fans },
        ],
      };
    }
    case "conv2d": {
      const [channels, height, width] = input;
      if (channels === undefined || height === undefined || width === undefined)
        return needsImage("conv2d", input);
      const { filters, kernel, stride = 1, padding = "valid", activation = "none" } = layer;
      const output = [
        filters,
        convolved(height, kernel, stride, padding),
        convolved(width, kernel, stride, padding),
      ];
      if (padding === "valid" && (kernel > height || kernel > width))
        return {
          pointer: "/kernel",
          message: `a ${kernel}x${kernel} kernel does not fit the ${height}x${width} input ${shown(input)}; at most ${Math.min(height, width)}, or padding "same"`,
        };
      const fans = { fanIn: channels * kernel * kernel, fanOut: filters * kernel * kernel };
      return {
        layer: { type: "conv2d", filters, kernel, stride, padding, activation },
        input,
        output,
        parameters: [
          {
            name: `layers.${index}.weight`,
            role: "weight",
            shape: [filters, channels, kernel, kernel],
            ...fans,
          },
          { name: `layers.${index}.bias`, role: "bias", shape: [filters], ...fans },
        ],
      };
    }
    case "max_pool2d": {
      const [channels, height, width] = input;
      if (channels === undefined || height === undefined || width === undefined)
        return needsImage("max_pool2d", input);
      const { size, stride = size } = layer;
      if (size > height || size > width)
        return {
          pointer: "/size",
          message: `a ${size}x${size} window does not fit the ${height}x${width} input ${shown(input)}; at most ${Math.min(height, width)}`,
        };
      const pooled = (length: number) => Math.floor((length - size) / stride) + 1;
      return {
        layer: { type: "max_pool2d", size, stride },
        input,
        output: [channels, pooled(height), pooled(width)],
        parameters: [],
      };
    }
    case "flatten":
      return { layer: { type: "flatten" }, input, output: [elements(input)], parameters: [] };
  }
}

function needsImage(type: string, input: number[]): Fault {
  return {
    pointer: "",
    message: `${type} takes an image [channels, height, width], but gets ${shown(input)}`,
  };
}

/** Output length of a convolution along one axis; `same` gives ceil(length / stride) (ONNX SAME_UPPER). */
function convolved(length: number, kernel: number, stride: number, padding: "same" | "valid") {
  return padding === "same"
    ? Math.ceil(length / stride)
    : Math.floor((length - kernel) / stride) + 1;
}
