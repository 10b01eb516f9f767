import { setTimeout as pause } from "node:timers/promises";

/** Asks `condition` every `everyMs` until it holds (true) or `milliseconds` have passed (false). */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  milliseconds: number,
  everyMs = 20,
): Promise<boolean> {
  const deadline = performance.now() + milliseconds;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await pause(everyMs);
  }
  return true;
}
