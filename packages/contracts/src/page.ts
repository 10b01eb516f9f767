import { type TSchema, Type } from "typebox";
import { nullable } from "./scalars.ts";

export const DEFAULT_PAGE = 50;
export const MAX_PAGE = 500;

/** The query of every list: how many, and where the page before ended. */
export const pageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: DEFAULT_PAGE })),
  cursor: Type.Optional(Type.String({ maxLength: 500 })),
};

/** A page of a list; `next_cursor` is null on the last one. */
export const page = <T extends TSchema>(item: T) =>
  Type.Object(
    { data: Type.Array(item), next_cursor: nullable(Type.String()) },
    { additionalProperties: false },
  );
