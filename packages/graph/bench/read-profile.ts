import { readFile } from "node:fs/promises";

interface ProfileEvent {
  cat: string;
  name: string;
  dur: number;
  args: { op_name?: string };
}

/**
 * Sums a profile of onnxruntime up by operator.
 *
 * @param steps how many runs the profile covers
 * @returns lines of operator, times per step, milliseconds per step; the dearest first
 */
export async function readProfile(path: string, steps: number): Promise<string[]> {
  const events: ProfileEvent[] = JSON.parse(await readFile(path, "utf8"));
  const byOperator = new Map<string, { times: number; milliseconds: number }>();
  for (const { cat, name, dur, args } of events) {
    if (cat !== "Node" || !name.endsWith("_kernel_time")) continue;
    const operator = args.op_name ?? name;
    const sum = byOperator.get(operator) ?? { times: 0, milliseconds: 0 };
    byOperator.set(operator, {
      times: sum.times + 1,
      milliseconds: sum.milliseconds + dur / 1000,
    });
  }
  return Array.from(byOperator)
    .sort(([, a], [, b]) => b.milliseconds - a.milliseconds)
    .map(([operator, { times, milliseconds }]) => {
      const count = `${times / steps}x`.padStart(4);
      return `    ${operator.padEnd(26)}${count}${(milliseconds / steps).toFixed(3).padStart(10)} ms`;
    });
}
