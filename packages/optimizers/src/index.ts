export type { Precision } from "./kernel/emit.ts";
export { RuleError } from "./language/rule-error.ts";
export { compileRule, createOptimizer, type Optimizer } from "./optimizer.ts";
