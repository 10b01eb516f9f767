import {
  type Column,
  type Fault,
  type JobSpec,
  type JobWarning,
  LOSSES,
  type Loss,
} from "@descent/contracts";
import { MAX_CATEGORIES, MAX_CLASSES } from "@descent/datasets";
import { lastUnits } from "./last-units.ts";

/** `outputs`: how many numbers the last layer must give, the number of classes or 1. */
export interface ChosenLoss {
  loss: Loss | null;
  outputs: number | null;
  warnings: JobWarning[];
}
const NONE: ChosenLoss = { loss: null, outputs: null, warnings: [] };

/**
 * The loss from the target's kind: a category has cross_entropy, a number mse. A number column of few
 * whole values (`classes`) may be either; left out it is mse, unless the last layer states one unit per class.
 */
export function chooseLoss(spec: JobSpec, target: Column | null, faults: Fault[]): ChosenLoss {
  if (target === null || target.kind === "image") return NONE;
  const classes = target.kind === "category" ? target.values : target.classes;
  const accepted = LOSSES.filter((loss) =>
    loss === "mse" ? target.kind === "number" : classes !== null,
  );
  const units = lastUnits(spec);
  const unitPerClass = units !== undefined && units >= 2 && units === classes?.length;
  const byDefault = target.kind === "category" || unitPerClass ? "cross_entropy" : "mse";
  const loss = spec.loss ?? byDefault;
  if (!accepted.includes(loss)) {
    const why =
      target.kind === "category" ? "holds categories" : "holds numbers that are no classes";
    const message = `${loss} does not fit the target: column "${target.name}" ${why}`;
    faults.push({ pointer: "/loss", message, allowed: accepted });
    return NONE;
  }
  if (loss === "mse") {
    const couldBeClasses = spec.loss === undefined && classes !== null;
    return {
      loss,
      outputs: 1,
      warnings: couldBeClasses ? [classesAsNumbers(target, classes)] : [],
    };
  }
  const count = classes?.length ?? 0;
  if (count < 2 || count > MAX_CLASSES) {
    const has =
      count === 0
        ? `no values or more than ${MAX_CATEGORIES}`
        : `${count} ${count === 1 ? "value" : "values"}`;
    const message = `column "${target.name}" has ${has}; a target for cross_entropy has 2 to ${MAX_CLASSES}`;
    faults.push({ pointer: "/dataset/target", message });
    return { ...NONE, loss };
  }
  return { loss, outputs: count, warnings: [] };
}

function classesAsNumbers({ name }: Column, classes: readonly unknown[]): JobWarning {
  return {
    code: "classes_as_numbers",
    message: `column "${name}" has ${classes.length} whole values and is learned as a number (mse); if they are classes, say "loss": "cross_entropy"`,
  };
}
