import type { Metric } from "@descent/contracts";

/** What is said of one row, and what is true of it. */
export interface Classified {
  label: string;
  target: string;
  probabilities: Record<string, number>;
}

/** Metrics over classes from the answers alone, written from their definitions. */
export function classMetrics(rows: readonly Classified[]): Partial<Record<Metric, number>> {
  const classes = Object.keys(rows[0]!.probabilities).sort();
  const share = (is: (row: Classified) => boolean) => rows.filter(is).length / rows.length;
  const f1 = classes.flatMap((name) => {
    const both = rows.filter(({ label, target }) => label === name && target === name).length;
    const either =
      rows.filter(({ label }) => label === name).length +
      rows.filter(({ target }) => target === name).length;
    return either === 0 ? [] : [(2 * both) / either];
  });
  const inFive = ({ probabilities, target }: Classified) => {
    const byProbability = classes.toSorted((a, b) => probabilities[b]! - probabilities[a]!);
    return byProbability.slice(0, 5).includes(target);
  };
  return {
    val_accuracy: share(({ label, target }) => label === target),
    val_macro_f1: f1.reduce((sum, each) => sum + each) / f1.length,
    ...(classes.length >= 6 ? { val_top_5_accuracy: share(inFive) } : {}),
    ...(classes.length === 2 ? { val_auc: areaUnderCurve(rows, classes[1]!) } : {}),
  };
}

/** Of all pairs of a row of the second class and one of the first, how many stand in the right order. */
function areaUnderCurve(rows: readonly Classified[], second: string): number {
  const scores = (isSecond: boolean) =>
    rows
      .filter(({ target }) => (target === second) === isSecond)
      .map(({ probabilities }) => probabilities[second]!);
  const ordered = scores(true).flatMap((high) =>
    scores(false).map((low) => (high > low ? 1 : high === low ? 0.5 : 0)),
  );
  return ordered.reduce<number>((sum, each) => sum + each, 0) / ordered.length;
}

export interface ClassLoss {
  smoothing: number;
  /** One per class, in their order. */
  weights: number[];
}

/** A loss over classes, beside the least that any answers and that any one answer for all rows could have. */
export function classLosses(rows: readonly Classified[], { smoothing, weights }: ClassLoss) {
  const classes = Object.keys(rows[0]!.probabilities).sort();
  /** How much -log p of every class counts for a row. */
  const shares = rows.map(({ target }) =>
    classes.map(
      (name, k) =>
        weights[k]! * ((name === target ? 1 - smoothing : 0) + smoothing / classes.length),
    ),
  );
  const weight = rows.reduce((sum, { target }) => sum + weights[classes.indexOf(target)]!, 0);
  const loss = (of: number[], probability: (k: number) => number) =>
    of.reduce((sum, each, k) => sum - (each === 0 ? 0 : each * Math.log(probability(k))), 0);
  /** The loss of the answer that is best for these shares: the shares themselves (Gibbs). */
  const least = (of: number[]) => {
    const sum = of.reduce((a, b) => a + b);
    return loss(of, (k) => of[k]! / sum);
  };
  const ofRow = (row: Classified, index: number) =>
    loss(shares[index]!, (k) => row.probabilities[classes[k]!]!);
  const all = classes.map((_, k) => shares.reduce((sum, of) => sum + of[k]!, 0));
  return {
    loss: rows.map(ofRow).reduce((a, b) => a + b) / weight,
    least: shares.map(least).reduce((a, b) => a + b) / weight,
    constant: least(all) / weight,
  };
}
