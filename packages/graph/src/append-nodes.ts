/*
 * One function per operator: it appends the node and works out the shape of what comes out. Shapes are
 * checked where layers can be wrong (contracts/shapes), so that here they are mostly only followed.
 */
export { scalar } from "./append/append-node.ts";
export * from "./append/derivatives-only.ts";
export * from "./append/elementwise.ts";
export { averagePool, countWindows, globalAveragePool, maxPool } from "./append/pooling.ts";
export * from "./append/products.ts";
export * from "./append/reductions.ts";
export * from "./append/shapes.ts";
