import type { Axis, Value } from "../graph.ts";

/**
 * The shape that tensors broadcast to: aligned at the last axis, an axis of length 1 or none is repeated.
 *
 * @throws Error when two axes differ and neither is 1
 */
export function broadcastShapes(values: readonly Pick<Value, "shape">[]): Axis[] {
  const rank = Math.max(...values.map(({ shape }) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const lengths = values.map(({ shape }) => shape[axis - rank + shape.length] ?? 1);
    const wide = lengths.find((length) => length !== 1) ?? 1;
    if (lengths.some((length) => length !== 1 && length !== wide)) {
      const shown = values.map(({ shape }) => `[${shape.join(", ")}]`).join(" and ");
      throw new Error(`shapes ${shown} do not broadcast to one`);
    }
    return wide;
  });
}
