export { CorruptTable, readTable, type Table } from "@descent/datasets";
export { ModelRefused } from "@descent/graph";
export type { TrainingResult } from "./result-hash.ts";
export { train } from "./train.ts";
