export { createRuleThreads, type RuleThreads, RuleThreadsBusy } from "./create-rule-threads.ts";
export { MAX_VALUES, readShaped, readTensor, type Tensor } from "./read-tensor.ts";
export type { TrajectoryTask } from "./run-trajectory.ts";
export { TEST_FUNCTION_TABLE } from "./test-functions.ts";
