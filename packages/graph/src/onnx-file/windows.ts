import { fixedLength } from "../append/append-node.ts";
import type { ConvAttributes, Value } from "../graph.ts";
import { padAxis } from "../pad-axis.ts";
import type { Call } from "./call.ts";
import { refuse } from "./unfit.ts";

export type Windows = Omit<ConvAttributes, "group">;

/** No attribute of a window may be larger: sums of them stay far from where whole numbers end. */
const MAX = 2 ** 26;

/** Where a convolution or pooling looks, its padding as numbers also where the file names a rule. */
export function windowsOf(call: Call, x: Value, kernel_shape: number[]): Windows {
  const axes = kernel_shape.length;
  const strides = list(call, "strides", axes, 1, 1);
  const dilations = list(call, "dilations", axes, 1, 1);
  const rule = call.text("auto_pad", "NOTSET");
  if (rule === "NOTSET") {
    const pads = list(call, "pads", 2 * axes, 0, 0);
    return { kernel_shape, strides, dilations, pads };
  }
  if (!(rule in SIDES)) refuse(`auto_pad is ${rule}`, "/attribute/auto_pad", Object.keys(SIDES));
  const padded = kernel_shape.map((kernel, axis) => {
    const span = dilations[axis]! * (kernel - 1) + 1;
    const padding = rule === "VALID" ? "valid" : "same";
    return padAxis(fixedLength(x, axis + 2), span, strides[axis]!, padding);
  });
  const begins = padded.map(({ begin }) => begin);
  const ends = padded.map(({ end }) => end);
  // An odd zero stands at the end, with SAME_LOWER at the beginning.
  const pads = rule === "SAME_LOWER" ? [...ends, ...begins] : [...begins, ...ends];
  return { kernel_shape, strides, dilations, pads };
}

const SIDES = { NOTSET: null, VALID: null, SAME_UPPER: null, SAME_LOWER: null };

function list(call: Call, name: string, length: number, otherwise: number, least: number) {
  const given = call.ints(name) ?? Array.from({ length }, () => otherwise);
  const isRight = given.every((number) => number >= least && number <= MAX);
  if (given.length !== length || !isRight)
    refuse(`${name} must be ${length} numbers from ${least} on`, `/attribute/${name}`);
  return given;
}

/** The window of a pooling, which states its size. */
export function poolWindows(call: Call, x: Value): Windows {
  const axes = x.shape.length - 2;
  if (axes < 1) refuse(`it takes [rows, channels, ...], not [${x.shape.join(", ")}]`);
  if (call.ints("kernel_shape") === null) refuse("kernel_shape is not given", "/attribute");
  return windowsOf(call, x, list(call, "kernel_shape", axes, 1, 1));
}
