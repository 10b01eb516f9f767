import type { Rows } from "./call.ts";
import { CHOOSING } from "./rows/choosing.ts";
import { ELEMENTWISE } from "./rows/elementwise.ts";
import { NORMALISATION } from "./rows/normalisation.ts";
import { POOLING } from "./rows/pooling.ts";
import { PRODUCTS } from "./rows/products.ts";
import { REDUCTIONS } from "./rows/reductions.ts";
import { SHAPES } from "./rows/shapes.ts";

/** What becomes of each operator of a file; those of other domains under `domain.Name`. */
export const ROWS: Rows = {
  ...ELEMENTWISE,
  ...PRODUCTS,
  ...POOLING,
  ...REDUCTIONS,
  ...NORMALISATION,
  ...SHAPES,
  ...CHOOSING,
};
