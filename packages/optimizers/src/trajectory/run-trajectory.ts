import {
  type Clip,
  elements,
  type HyperValues,
  type NestedValues,
  type Precision,
  type ResolvedSchedule,
  type TestFunction,
  type Trajectory,
} from "@descent/contracts";
import { buildOptimizer } from "../optimizer.ts";
import { createSchedule } from "../schedule/create-schedule.ts";
import { nestValues } from "./nest-values.ts";
import type { Tensor } from "./read-tensor.ts";
import { TEST_FUNCTION_TABLE } from "./test-functions.ts";

/** The optimizer of a trajectory with every value that runs; `hypers` has one for each hyper of the rule. */
export interface TrajectoryOptimizer {
  rule: string;
  convention: string;
  precision: Precision;
  schedule: ResolvedSchedule;
  clip: Clip | null;
  hypers: HyperValues;
}

export interface TrajectoryTask {
  optimizer: TrajectoryOptimizer;
  /** The rule's text. */
  text: string;
  start: Tensor;
  /** How many updates. */
  steps: number;
  /** Where the gradients come from: one tensor after another, or a function at each point. */
  gradients: Float64Array | TestFunction;
  /** What lr is multiplied by beside the schedule, one factor per step; null where nothing is. */
  lrFactors: readonly number[] | null;
}

/**
 * Runs a rule by itself on one parameter tensor, as a job would run it on those of its model.
 * Gradients and values of a test function are computed in doubles at the point as the precision holds it;
 * a float32 run then rounds the gradient.
 *
 * @throws RuleError where the text cannot be used
 */
export function runTrajectory(task: TrajectoryTask): Trajectory {
  const { start, steps, gradients, lrFactors, text } = task;
  const { hypers, ...around } = task.optimizer;
  const { convention, precision, clip } = around;
  const count = elements(start.shape);
  const optimizer = buildOptimizer({
    text,
    precision,
    tensors: [{ begin: 0, length: count }],
    groups: [{ tensors: [0], hypers }],
    clip,
    convention,
  });
  const schedule = createSchedule(around.schedule, 1);
  const descended = typeof gradients === "string" ? TEST_FUNCTION_TABLE[gradients] : null;
  const exact = new Float64Array(count);

  optimizer.weights.set(start.values);
  const points: NestedValues[] = [];
  const losses: (number | null)[] = [];
  let divergedAt: number | null = null;
  for (let step = 0; step < steps; step++) {
    if (typeof gradients === "string") {
      descended?.gradient(optimizer.weights, exact);
      optimizer.gradients.set(exact);
    } else optimizer.gradients.set(gradients.subarray(step * count, (step + 1) * count));
    optimizer.step(schedule.factor(step) * (lrFactors?.[step] ?? 1));

    points.push(nestValues(optimizer.weights, start.shape));
    if (descended) {
      const loss = descended.value(optimizer.weights);
      losses.push(Number.isFinite(loss) ? loss : null);
    }
    if (divergedAt === null && !optimizer.weights.every(Number.isFinite)) divergedAt = step + 1;
  }
  return {
    optimizer: { ...around, ...hypers },
    points,
    losses: descended && losses,
    diverged_at: divergedAt,
  };
}
