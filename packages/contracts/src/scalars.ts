import { Type } from "typebox";

/** Text that PostgreSQL can store: no NUL character. */
export const text = (
  maxLength: number,
  options: { minLength?: number; description?: string } = {},
) => Type.String({ pattern: "^[^\\u0000\\ud800-\\udfff]*$", maxLength, ...options });

/** An instant, ISO-8601 in UTC. */
export const Instant = Type.String({ format: "date-time" });

export const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);

/** The largest seed: seeds are unsigned 32-bit integers. */
export const MAX_SEED = 2 ** 32 - 1;
