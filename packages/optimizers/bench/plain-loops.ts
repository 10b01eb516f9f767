/** What one would write without a compiler: the yardstick beside the fused loops. */
export type PlainLoop = (
  w: Float32Array,
  g: Float32Array,
  states: Float32Array[],
  t: number,
) => void;

export const plainLoops: Record<string, PlainLoop> = {
  sgd(w, g) {
    for (let i = 0; i < w.length; i++) w[i]! -= 0.001 * g[i]!;
  },
  momentum(w, g, [b]) {
    for (let i = 0; i < w.length; i++) {
      const velocity = 0.9 * b![i]! + g[i]!;
      b![i] = velocity;
      w[i]! -= 0.001 * velocity;
    }
  },
  nesterov(w, g, [b]) {
    for (let i = 0; i < w.length; i++) {
      const velocity = 0.9 * b![i]! + g[i]!;
      b![i] = velocity;
      w[i]! -= 0.001 * (g[i]! + 0.9 * velocity);
    }
  },
  adam(w, g, [m, v], t) {
    const first = 1 - 0.9 ** t;
    const second = 1 - 0.999 ** t;
    for (let i = 0; i < w.length; i++) {
      const gradient = g[i]!;
      const mean = 0.9 * m![i]! + 0.1 * gradient;
      const square = 0.999 * v![i]! + 0.001 * gradient * gradient;
      m![i] = mean;
      v![i] = square;
      w[i]! -= (0.001 * (mean / first)) / (Math.sqrt(square / second) + 1e-8);
    }
  },
};
