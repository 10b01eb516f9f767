import type { BufferTensor, ParameterTensor } from "@descent/contracts";
import type { ForwardGraph, Value } from "./graph.ts";

/** In training, dropout drops and batch_norm takes the batch's statistics; in inference neither. */
export type Mode = "training" | "inference";

/** What dropout multiplies by in training: an input of the graph, [rows, ...], 0 or 1 / (1 − rate). */
export interface Mask {
  value: Value;
  rate: number;
}

/** The mean and the (biased) variance of a batch, one number of each per feature or channel. */
export interface BatchStatistics {
  mean: Value;
  variance: Value;
}

/** What a model gives in training beside its output. */
export interface TrainingExtras {
  masks: Mask[];
  /** One for each of the model's normalisations, in their order. */
  statistics: BatchStatistics[];
}

/** A model in a graph. */
export interface AppendedModel extends TrainingExtras {
  input: Value;
  /** Logits or predictions [rows, outputs]. */
  output: Value;
  /** The parameters as inputs of the graph, in the order of the model's. */
  parameters: Value[];
  /** Those of the buffers that this mode reads, as inputs of the graph under their names. */
  buffers: Value[];
}

/** A normalisation by the batch, whose running statistics are two of the buffers. */
export interface Normalisation {
  mean: string;
  variance: string;
  /** How far the running statistics move to the batch's at every step. */
  momentum: number;
  /** How many numbers of one row each statistic is over. */
  perRow: number;
}

/** What the engine trains, wherever it comes from: layers, or an uploaded ONNX file. */
export interface Model {
  /** Of one row. */
  inputShape: readonly number[];
  /** How many numbers it gives for a row. */
  outputs: number;
  parameters: readonly ParameterTensor[];
  buffers: readonly BufferTensor[];
  /** The numbers of the tensors that start as `stored`, by name. */
  stored: ReadonlyMap<string, Float32Array>;
  normalisations: readonly Normalisation[];
  /** How many numbers all its operators together give for a row: what memory is reckoned by. */
  numbersPerRow: number;
  /** What an input may be where it chooses rows of a table: a whole number below this; null elsewhere. */
  vocabulary: number | null;
  /**
   * Appends the model to a graph.
   *
   * @param input what it takes, [rows, ...inputShape]; left out, an input of the graph called `input`
   */
  append(graph: ForwardGraph, mode: Mode, input?: Value): AppendedModel;
}
