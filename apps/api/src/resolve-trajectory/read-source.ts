import type { Fault, TrajectoryRequest } from "@descent/contracts";
import {
  MAX_VALUES,
  readShaped,
  TEST_FUNCTION_TABLE,
  type Tensor,
  type TrajectoryTask,
} from "@descent/optimizers/trajectory";

/** A gradient of the wrong shape seldom comes alone: after so many faults no more are read. */
const MAX_FAULTS = 100;

/**
 * Where the gradients come from: the function, or those given, each of the start's shape.
 * @returns null where there were faults
 */
export function readSource(
  { gradients, function: descended }: TrajectoryRequest,
  { shape, values: { length: count } }: Tensor,
  steps: number,
  faults: Fault[],
): TrajectoryTask["gradients"] | null {
  const before = faults.length;
  if (count * steps > MAX_VALUES)
    faults.push({
      pointer: gradients ? "/gradients" : "/steps",
      message: `${steps} steps of ${count} numbers are ${count * steps}; at most ${MAX_VALUES} are answered`,
    });
  if (descended !== undefined) {
    const { least, most } = TEST_FUNCTION_TABLE[descended].dimension;
    if (count < least || count > most) {
      const wanted = most === least ? `${least}` : `at least ${least}`;
      const message = `${descended} takes ${wanted} numbers, start has ${count}`;
      faults.push({ pointer: "/start", message });
    }
    return faults.length > before ? null : descended;
  }
  if (!gradients || faults.length > before) return null;
  const all = new Float64Array(count * steps);
  for (const [step, gradient] of gradients.entries()) {
    const into = all.subarray(step * count, (step + 1) * count);
    readShaped(gradient, shape, `/gradients/${step}`, faults, into);
    if (faults.length - before >= MAX_FAULTS) break;
  }
  return faults.length > before ? null : all;
}
