/** What a file may hold. Each is well above what models that can be trained here have. */
export const LIMITS = {
  nodes: 5000,
  initialisers: 10_000,
  /** Inputs or outputs of the graph; old files name their initialisers among the inputs. */
  values: 10_000,
  /** Inputs or outputs of one node. */
  nodeValues: 1000,
  attributes: 100,
  operatorSets: 100,
  axes: 16,
  /** Bytes of a name. */
  name: 1000,
  /** Of one attribute: numbers, texts, and bytes of a text. */
  attributeNumbers: 1_000_000,
  attributeTexts: 10_000,
  attributeText: 10_000,
  /**
   * Fields of all messages together, and numbers written one by one. Each costs some ten nanoseconds and at
   * most about forty bytes, while in the file two bytes are enough: this bounds what a small file can claim.
   */
  entries: 1_000_000,
} as const;

/** Of ONNX's file format: 3 is that of ONNX 1.0, 14 the newest there is. */
export const IR_VERSIONS = { first: 3, last: 14 } as const;
