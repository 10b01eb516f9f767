import { elements, type Fault, type ModelProfile } from "@descent/contracts";
import { reshape, transpose } from "../append-nodes.ts";
import type { ForwardGraph, Value } from "../graph.ts";

type Fit = "as it is" | "reshaped" | "channels last";

/**
 * Whether data of this shape of one row can be what the model takes: in the same shape, in another with as
 * many numbers, in their order, or images [channels, height, width] as [height, width, channels].
 *
 * @returns the fault, with a pointer into a job's model
 */
export function fitsInput(
  { input }: Pick<ModelProfile, "input">,
  inputShape: readonly number[],
): Fault | null {
  if (fitOf(input.shape, inputShape) !== null) return null;
  const shapes = `the model takes rows of ${list(input.shape)}, the data give ${list(inputShape)}`;
  return { pointer: "/model/id", message: shapes };
}

/** Rows as the data give them in the shape that the file takes. */
export function appendFit(
  graph: ForwardGraph,
  x: Value,
  fileShape: readonly number[],
  inputShape: readonly number[],
): Value {
  const fit = fitOf(fileShape, inputShape);
  if (fit === null)
    throw new RangeError(`rows of ${list(inputShape)} are none of ${list(fileShape)}`);
  if (fit === "channels last") return transpose(graph, x, [0, 2, 3, 1]);
  return fit === "reshaped" ? reshape(graph, x, ["rows", ...fileShape]) : x;
}

function fitOf(fileShape: readonly number[], inputShape: readonly number[]): Fit | null {
  if (fileShape.join() === inputShape.join()) return "as it is";
  if (elements(fileShape) !== elements(inputShape)) return null;
  const [channels, height, width] = inputShape;
  if (inputShape.length !== 3 || channels === 1 || fileShape.length !== 3) return "reshaped";
  // An image of several channels has no other order than these two.
  return fileShape.join() === [height, width, channels].join() ? "channels last" : null;
}

const list = (shape: readonly number[]) => `[${shape.join(", ")}]`;
