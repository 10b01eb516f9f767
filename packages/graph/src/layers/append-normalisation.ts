import { featureAxis } from "@descent/contracts";
import { add, div, mul, reduceMean, reshape, scalar, sqrt, sub } from "../append-nodes.ts";
import type { ForwardGraph, Value } from "../graph.ts";
import type { BatchStatistics } from "../model.ts";

/**
 * (x − mean) / √(variance + eps) · scale + bias by feature or channel, with the statistics of the batch: over
 * all axes of x [rows, features] or [rows, channels, height, width] but the second. Made of elementary
 * operators, so that its derivative is theirs.
 */
export function appendBatchNorm(
  graph: ForwardGraph,
  x: Value,
  [scale, bias]: readonly Value[],
  eps: number,
): { output: Value; statistics: BatchStatistics } {
  const axes = [0, ...x.shape.keys().drop(2)];
  const { centred, mean, variance } = centre(graph, x, axes);
  const factor = div(graph, alongChannels(graph, scale!, x), deviation(graph, variance, eps));
  const output = add(graph, mul(graph, centred, factor), alongChannels(graph, bias!, x));
  return { output, statistics: { mean, variance } };
}

/** The same with running statistics in place of the batch's: x times a factor plus a shift, per channel. */
export function appendRunningNorm(
  graph: ForwardGraph,
  x: Value,
  [scale, bias]: readonly Value[],
  [mean, variance]: readonly Value[],
  eps: number,
): Value {
  const factor = div(graph, scale!, deviation(graph, variance!, eps));
  const shift = sub(graph, bias!, mul(graph, mean!, factor));
  const scaled = mul(graph, x, alongChannels(graph, factor, x));
  return add(graph, scaled, alongChannels(graph, shift, x));
}

/** (x − mean) / √(variance + eps) · scale + bias with the statistics of the feature axis (Ba et al. 2016). */
export function appendLayerNorm(
  graph: ForwardGraph,
  x: Value,
  [scale, bias]: readonly Value[],
  eps: number,
): Value {
  const axis = 1 + featureAxis(x.shape.slice(1).map(Number));
  const along = (vector: Value) =>
    axis === x.shape.length - 1 ? vector : alongChannels(graph, vector, x);
  const { centred, variance } = centre(graph, x, [axis]);
  const normal = div(graph, centred, deviation(graph, variance, eps));
  return add(graph, mul(graph, normal, along(scale!)), along(bias!));
}

/** x − mean, and the statistics with their axes kept. Two passes: Σx² − (Σx)² would lose all digits far from 0. */
function centre(graph: ForwardGraph, x: Value, axes: number[]) {
  const mean = reduceMean(graph, x, axes, 1);
  const centred = sub(graph, x, mean);
  const variance = reduceMean(graph, mul(graph, centred, centred), axes, 1);
  return { centred, mean, variance };
}

function deviation(graph: ForwardGraph, variance: Value, eps: number): Value {
  return sqrt(graph, add(graph, variance, scalar(graph, eps)));
}

/** A vector of one number per channel in the shape that broadcasts with [rows, channels, ...]. */
function alongChannels(graph: ForwardGraph, vector: Value, x: Value): Value {
  if (x.shape.length === 2) return vector;
  const length = vector.shape[0]!;
  return reshape(graph, vector, [length, ...x.shape.slice(2).map(() => 1)]);
}
