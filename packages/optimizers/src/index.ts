export { findRule } from "./catalogue.ts";
export { RuleError } from "./language/rule-error.ts";
export {
  buildOptimizer,
  compileRule,
  type Optimizer,
} from "./optimizer.ts";
export { createSchedule } from "./schedule/create-schedule.ts";
