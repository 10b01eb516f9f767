import type { AnyGraph, ElementType, ForwardOp, Op, Value } from "../graph.ts";
import { append, scalar } from "./append-node.ts";
import { broadcastShapes } from "./broadcast.ts";

/** The operators without attributes that keep the shape of their one input. */
type Unary = Extract<
  ForwardOp,
  "Neg" | "Abs" | "Sqrt" | "Exp" | "Log" | "Erf" | "Identity" | ActivationOp
>;
export type ActivationOp = "Relu" | "Tanh" | "Sigmoid" | "Softplus";
type Binary = Extract<Op, "Add" | "Sub" | "Mul" | "Div" | "Max" | "Min">;

const unary = (op: Unary) => (graph: AnyGraph, x: Value) => append(graph, op, [x], {}, x.shape);

export const neg = unary("Neg");
export const abs = unary("Abs");
export const sqrt = unary("Sqrt");
export const exp = unary("Exp");
/** The natural logarithm. */
export const log = unary("Log");
/** 2/√π · ∫₀ˣ exp(−t²) dt */
export const erf = unary("Erf");
export const identity = unary("Identity");
export const relu = unary("Relu");
export const tanh = unary("Tanh");
export const sigmoid = unary("Sigmoid");
/** log(1 + exp(x)) */
export const softplus = unary("Softplus");

/** An activation without parameters, by the operator's name. */
export function activate(graph: AnyGraph, op: ActivationOp, x: Value): Value {
  return append(graph, op, [x], {}, x.shape);
}

/** x where it is positive, else alpha · x. */
export function leakyRelu(graph: AnyGraph, x: Value, alpha: number): Value {
  return append(graph, "LeakyRelu", [x], { alpha }, x.shape);
}

/** x where it is positive, else alpha · (exp(x) − 1). */
export function elu(graph: AnyGraph, x: Value, alpha: number): Value {
  return append(graph, "Elu", [x], { alpha }, x.shape);
}

/** alpha · x + beta, clipped to 0 ≤ y ≤ 1. */
export function hardSigmoid(graph: AnyGraph, x: Value, alpha: number, beta: number): Value {
  return append(graph, "HardSigmoid", [x], { alpha, beta }, x.shape);
}

/** min(max(x, low), high); either bound may be infinite. */
export function clip(graph: AnyGraph, x: Value, low: number, high: number): Value {
  return append(graph, "Clip", [x, scalar(graph, low), scalar(graph, high)], {}, x.shape);
}

/** x to the power of a number. */
export function pow(graph: AnyGraph, x: Value, exponent: number): Value {
  return append(graph, "Pow", [x, scalar(graph, exponent)], {}, x.shape);
}

const binary = (op: Binary) => (graph: AnyGraph, a: Value, b: Value) =>
  append(graph, op, [a, b], {}, broadcastShapes([a, b]), a.type);

/** Two tensors that broadcast. */
export const add = binary("Add");
export const sub = binary("Sub");
export const mul = binary("Mul");
export const div = binary("Div");
export const max = binary("Max");
export const min = binary("Min");

const compare = (op: "Equal" | "Greater" | "Less") => (graph: AnyGraph, a: Value, b: Value) =>
  append(graph, op, [a, b], {}, broadcastShapes([a, b]), "bool");

export const equal = compare("Equal");
/** a > b */
export const greater = compare("Greater");
/** a < b */
export const less = compare("Less");

/** a where the condition, bool, is true, else b; all three broadcast. */
export function where(graph: AnyGraph, condition: Value, a: Value, b: Value): Value {
  const shape = broadcastShapes([condition, a, b]);
  return append(graph, "Where", [condition, a, b], {}, shape, a.type);
}

export function cast(graph: AnyGraph, x: Value, type: ElementType): Value {
  return append(graph, "Cast", [x], { to: ELEMENT_TYPES[type] }, x.shape, type);
}

/** ONNX's numbers of the element types: TensorProto.DataType in onnx.proto. */
export const ELEMENT_TYPES: Record<ElementType, number> = {
  float32: 1,
  float64: 11,
  int32: 6,
  int64: 7,
  bool: 9,
};
