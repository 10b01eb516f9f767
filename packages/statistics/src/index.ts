export { medianToTarget } from "./median-to-target.ts";
export { mean, sampleStd } from "./moments.ts";
export type { Run } from "./run.ts";
export { type Question, summariseGroups } from "./summarise-groups.ts";
