import { pick, type Random } from "./random.ts";

/** A text whose names are all known: it is refused only where an array meets what wants a scalar. */
export function randomProgram(random: Random): string {
  const one = <T>(from: readonly T[]) => pick(random, from);
  const names = ["w", "g", "m", "v", "lr", "c", "t", "p"];
  const lines = ["hyper lr = 0.5, c = 0.75, on = false", "state m, v = c", "scalar p = 1"];
  const expression = (depth: number): string => {
    const inner = () => expression(depth - 1);
    if (depth === 0) return random(4) === 0 ? one(["0.5", "2", "1e-3", "3"]) : one(names);
    return one([
      () => `(${inner()} ${one(["+", "-", "*", "/"])} ${inner()})`,
      () => `(${inner()} ${one(["+", "-", "*", "/"])} ${inner()})`,
      () => `${one(["sqrt", "abs", "sign"])}(${inner()})`,
      () => `${one(["min", "max"])}(${inner()}, ${inner()})`,
      () => `if(${inner()} ${one(["<", ">=", "=="])} ${inner()}, ${inner()}, ${inner()})`,
      () => `if(${one(["on", "c > 0.5", "t == 2"])}, ${inner()}, ${inner()})`,
      () => `(-${inner()})`,
      () => `(${inner()})^${one(["2", "3"])}`,
      () => `${one(["norm", "norm", "rms"])}(${inner()})`,
    ])();
  };
  const count = 2 + random(5);
  for (let line = 0; line < count; line++) {
    const target = one(["m", "v", "w", "a", "b", "g", "p"]);
    const value =
      target === "p" ? `p * ${one(["0.5", "c", "(1 - lr)"])} + 1 / t` : expression(1 + random(3));
    lines.push(`${target} = ${value}`);
    if (target === "a" || target === "b") names.push(target);
  }
  lines.push(`w = w - lr * (${expression(2)})`);
  return lines.join("\n");
}
