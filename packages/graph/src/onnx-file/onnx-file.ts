import type { Fault } from "@descent/contracts";

export type OnnxElementType = "float32" | "float64" | "int32" | "int64" | "bool";

/** A tensor whose numbers are in the file. A bool is a byte, 0 or 1. */
export interface OnnxTensor {
  type: OnnxElementType;
  shape: number[];
  data: Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;
}

export type OnnxAttribute = number | string | number[] | string[] | OnnxTensor;

export interface OnnxNode {
  /** "" is ONNX's own operators. */
  domain: string;
  op: string;
  name: string;
  /** Names of values; "" is an input that was left out. */
  inputs: string[];
  outputs: string[];
  attributes: Map<string, OnnxAttribute>;
  /** Where it stands in the file: /graph/node/3. */
  pointer: string;
}

/** An axis is its length, a name for one that a run decides, or null where nothing is said. */
export interface OnnxValue {
  name: string;
  type: string;
  shape: (number | string | null)[] | null;
  pointer: string;
}

/** An ONNX file as it was read: of sound structure, its operators not yet looked at. */
export interface OnnxFile {
  opset: number;
  producer: string;
  /** In an order in which they can run. */
  nodes: OnnxNode[];
  /** By name, in the file's order. */
  initialisers: Map<string, OnnxTensor>;
  /** Without those that are initialisers. */
  inputs: OnnxValue[];
  outputs: OnnxValue[];
}

/** A file that is no model that can be trained here: every fault with its place in the file. */
export class ModelRefused extends Error {
  readonly faults: Fault[];
  constructor(faults: Fault[]) {
    super(faults.map(({ pointer, message }) => `${pointer}: ${message}`).join("; "));
    this.name = "ModelRefused";
    this.faults = faults;
  }
}
