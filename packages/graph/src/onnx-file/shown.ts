import type { Axis } from "../graph.ts";

/** A shape for people: [rows, 3, 8]. */
export function shown({ shape }: { shape: readonly Axis[] }): string {
  return `[${shape.join(", ")}]`;
}
