export { CorruptTable, readTable, type Table } from "@descent/datasets";
export type { TrainingResult } from "./result-hash.ts";
export { train } from "./train.ts";
