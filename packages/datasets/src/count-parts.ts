/**
 * How many rows training and validation get: validation round(fraction x rows), at least one, and it
 * leaves at least one.
 *
 * @param rows at least two
 */
export function countParts(
  rows: number,
  fraction: number,
): { training: number; validation: number } {
  const validation = Math.min(Math.max(Math.round(fraction * rows), 1), rows - 1);
  return { training: rows - validation, validation };
}
