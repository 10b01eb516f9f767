import type { Predictions } from "@descent/contracts";
import { isOverClasses } from "@descent/contracts";
import type { FoundModel } from "@descent/db";
import type { Predicted } from "@descent/inference";

type Class = string | number;

/** What the positions of a job's classes mean, as datasets' encodeTarget has it; null for a number target. */
export function classesOf({ resolved, columns }: Pick<FoundModel, "resolved" | "columns">) {
  if (!isOverClasses(resolved.loss)) return null;
  const target = columns.find(({ name }) => name === resolved.dataset.target);
  if (target?.kind === "category") return target.values;
  if (target?.kind === "number") return target.classes;
  throw new Error(`the target ${resolved.dataset.target} has no classes`);
}

/** The answers of a model in the words of the data. */
export function namePredictions(
  predicted: Predicted,
  classes: readonly Class[] | null,
): Predictions["predictions"] {
  const { prediction, label: labels, probabilities } = predicted;
  if (prediction) return Array.from(prediction, (value) => ({ value: finite(value) }));
  if (classes === null) throw new Error("the model gives classes, and the job's target has none");
  if (!labels || !probabilities) throw new Error("the model gives neither classes nor numbers");
  return Array.from(labels, (label, row) => {
    const own = probabilities.subarray(row * classes.length, (row + 1) * classes.length);
    return {
      label: own.every(Number.isFinite) ? classes[label]! : null,
      probabilities: Object.fromEntries(classes.map((name, k) => [name, finite(own[k]!)])),
    };
  });
}

export const finite = (number: number) => (Number.isFinite(number) ? number : null);
