import type { ForwardOp } from "../../src/graph.ts";
import { broadcast, type Double, double, doubleAt, numberAt, type Operators } from "./tensor.ts";

const unary =
  (f: (x: number) => number) =>
  ([x]: Double[]) =>
    double(x!.shape, (i) => f(x!.data[i]!));

const zip =
  (f: (...numbers: number[]) => number) =>
  (inputs: Double[]): Double =>
    doubleAt(broadcast(inputs.map(({ shape }) => shape)), (place) =>
      f(...inputs.map((input) => numberAt(input, place))),
    );

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** erf(x) = 2/√π · exp(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!, a series of one sign (Abramowitz & Stegun 7.1.6). */
function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 200; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

export const ELEMENTWISE: Operators<
  Extract<
    ForwardOp,
    | ("Add" | "Sub" | "Mul" | "Div" | "Pow" | "Neg" | "Abs" | "Sqrt" | "Exp" | "Log" | "Erf")
    | ("Identity" | "Max" | "Min" | "Where" | "Cast" | "Clip")
    | ("Relu" | "Tanh" | "Sigmoid" | "Softplus" | "LeakyRelu" | "Elu" | "HardSigmoid")
    | ("Equal" | "Greater" | "Less")
  >
> = {
  Add: zip((a, b) => a! + b!),
  Sub: zip((a, b) => a! - b!),
  Mul: zip((a, b) => a! * b!),
  Div: zip((a, b) => a! / b!),
  Pow: zip((x, p) => x! ** p!),
  Neg: unary((x) => -x),
  Abs: unary(Math.abs),
  Sqrt: unary(Math.sqrt),
  Exp: unary(Math.exp),
  Log: unary(Math.log),
  Erf: unary(erf),
  Identity: unary((x) => x),
  Max: zip(Math.max),
  Min: zip(Math.min),
  Where: zip((condition, a, b) => (condition ? a! : b!)),
  Cast: unary((x) => x),
  Clip: zip((x, low, high) => Math.min(Math.max(x!, low!), high!)),

  Relu: unary((x) => Math.max(x, 0)),
  Tanh: unary(Math.tanh),
  Sigmoid: unary(sigmoid),
  Softplus: unary((x) => Math.log1p(Math.exp(x))),
  LeakyRelu: ([x], { alpha }) => double(x!.shape, (i) => leaky(x!.data[i]!, alpha)),
  Elu: ([x], { alpha }) =>
    double(x!.shape, (i) => (x!.data[i]! > 0 ? x!.data[i]! : alpha * Math.expm1(x!.data[i]!))),
  HardSigmoid: ([x], { alpha, beta }) =>
    double(x!.shape, (i) => Math.min(Math.max(alpha * x!.data[i]! + beta, 0), 1)),

  Equal: zip((a, b) => Number(a === b)),
  Greater: zip((a, b) => Number(a! > b!)),
  Less: zip((a, b) => Number(a! < b!)),
};

const leaky = (x: number, alpha: number) => (x > 0 ? x : alpha * x);
