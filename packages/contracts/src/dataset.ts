import { type Static, Type } from "typebox";
import { FileProblem } from "./problem.ts";
import { Instant, nullable, text } from "./scalars.ts";

const closed = { additionalProperties: false };

/**
 * What is known of one column. A number column whose values are few and whole also lists them in
 * `classes`, so that a job may say `cross_entropy` for it.
 */
export const NumberColumn = Type.Object(
  {
    name: Type.String(),
    kind: Type.Literal("number"),
    min: nullable(Type.Number()),
    max: nullable(Type.Number()),
    mean: nullable(Type.Number()),
    missing: Type.Integer(),
    first_missing_row: nullable(Type.Integer()),
    classes: nullable(Type.Array(Type.Number())),
  },
  closed,
);
export const CategoryColumn = Type.Object(
  {
    name: Type.String(),
    kind: Type.Literal("category"),
    values: Type.Array(Type.String()),
    missing: Type.Integer(),
    first_missing_row: nullable(Type.Integer()),
  },
  closed,
);
/** The pixels of an IDX data set: one column of `shape` unsigned bytes. */
export const ImageColumn = Type.Object(
  { name: Type.String(), kind: Type.Literal("image"), missing: Type.Integer() },
  closed,
);
export const Column = Type.Union([NumberColumn, CategoryColumn, ImageColumn]);
export type NumberColumn = Static<typeof NumberColumn>;
export type CategoryColumn = Static<typeof CategoryColumn>;
export type Column = Static<typeof Column>;

export const DATASET_STATUSES = ["validating", "ready", "invalid"] as const;
export const DATASET_FORMATS = ["csv", "idx"] as const;

/** A data set as the API shows it. `shape` is [channels, height, width] for images, null for tables. */
export const Dataset = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    status: Type.Enum([...DATASET_STATUSES]),
    format: Type.Enum([...DATASET_FORMATS]),
    sha256: Type.String(),
    bytes: Type.Integer(),
    rows: nullable(Type.Integer()),
    shape: nullable(Type.Array(Type.Integer())),
    columns: Type.Array(Column),
    problems: Type.Array(FileProblem),
    created_at: Instant,
  },
  { $id: "Dataset", ...closed },
);
export type Dataset = Static<typeof Dataset>;

/** What inspecting a file finds out about it: the part of a data set that comes from its content. */
export type DatasetProfile = Pick<Dataset, "columns" | "shape"> & { rows: number };

/**
 * `categories` names the columns (comma-separated) to read as categories even where every value is a number.
 */
export const CreateDatasetQuery = Type.Object(
  {
    name: text(200, { minLength: 1 }),
    categories: Type.Optional(text(10_000)),
  },
  closed,
);
export type CreateDatasetQuery = Static<typeof CreateDatasetQuery>;
