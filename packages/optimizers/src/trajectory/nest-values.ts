import type { NestedValues } from "@descent/contracts";

/**
 * Numbers in row-major order as nested arrays of a shape (`[]`: one number). What is not finite is null,
 * since JSON has no such number.
 */
export function nestValues(values: ArrayLike<number>, shape: readonly number[]): NestedValues {
  let at = 0;
  const build = (level: number): NestedValues => {
    const length = shape[level];
    if (length !== undefined) return Array.from({ length }, () => build(level + 1));
    const value = values[at++]!;
    return Number.isFinite(value) ? value : null;
  };
  return build(0);
}
