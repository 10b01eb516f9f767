/**
 * The area under the ROC curve: how likely a row of class 1 scores higher than one of class 0, equal scores
 * counting half (Mann & Whitney's U / (n₁ n₀), Hanley & McNeil 1982). NaN where one class has no row.
 *
 * @param targets 0 or 1 for every score
 */
export function areaUnderCurve(scores: Float64Array, targets: ArrayLike<number>): number {
  const ofClass = (wanted: number) => scores.filter((_, row) => targets[row] === wanted).sort();
  const [negatives, positives] = [ofClass(0), ofClass(1)];
  let [u, below, upTo] = [0, 0, 0];
  for (const score of positives) {
    while (below < negatives.length && negatives[below]! < score) below += 1;
    while (upTo < negatives.length && negatives[upTo]! <= score) upTo += 1;
    u += (below + upTo) / 2;
  }
  return u / (positives.length * negatives.length);
}
