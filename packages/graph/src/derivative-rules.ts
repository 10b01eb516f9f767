import type { DerivativeRules } from "./derivatives/derivative-rule.ts";
import { ELEMENTWISE } from "./derivatives/elementwise.ts";
import { POOLING } from "./derivatives/pooling.ts";
import { PRODUCTS } from "./derivatives/products.ts";
import { REDUCTIONS } from "./derivatives/reductions.ts";
import { SHAPES } from "./derivatives/shapes.ts";
import type { ForwardOp } from "./graph.ts";

/** Vector-Jacobian products, one row for every operator of a forward graph. */
export const DERIVATIVE_RULES: DerivativeRules<ForwardOp> = {
  ...ELEMENTWISE,
  ...PRODUCTS,
  ...POOLING,
  ...REDUCTIONS,
  ...SHAPES,
};
