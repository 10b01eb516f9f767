import {
  CLASS_LOSSES,
  type Column,
  type Fault,
  isOverClasses,
  type JobSpec,
  type JobWarning,
  type Loss,
  type LossName,
  type Metric,
  metricsOf,
  NUMBER_LOSSES,
  nameOfLoss,
  type UploadedModel,
} from "@descent/contracts";
import { MAX_CATEGORIES, MAX_CLASSES } from "@descent/datasets";
import { lastUnits } from "./last-units.ts";
import { resolveLoss } from "./resolve-loss.ts";

/** `outputs`: how many numbers the last layer must give; `metrics`: what the job records. */
export interface ChosenLoss {
  loss: Loss | null;
  outputs: number | null;
  metrics: Metric[] | null;
  warnings: JobWarning[];
}
const NONE: ChosenLoss = { loss: null, outputs: null, metrics: null, warnings: [] };

/**
 * The loss from the target's kind: a category has cross_entropy (or binary_cross_entropy), a number mse (or
 * mae, huber). A number column of few whole values (`classes`) may be either; left out it is mse, unless the
 * last layer states one unit per class, or an uploaded model ends with one sigmoid.
 */
export function chooseLoss(
  spec: JobSpec,
  upload: UploadedModel | null,
  target: Column | null,
  faults: Fault[],
): ChosenLoss {
  if (target === null || target.kind === "image") return NONE;
  const classes = target.kind === "category" ? target.values : target.classes;
  const given =
    spec.loss ?? lossByDefault(target.kind, classes, lastUnits(spec.model, upload), upload);
  const misfit = unfit(target, classes, nameOfLoss(given));
  if (misfit) {
    faults.push({ pointer: typeof spec.loss === "object" ? "/loss/type" : "/loss", ...misfit });
    return NONE;
  }
  if (!isOverClasses(given)) {
    const couldBeClasses = spec.loss === undefined && classes !== null;
    const warnings = couldBeClasses ? [classesAsNumbers(target, classes)] : [];
    return { loss: resolveLoss(given), outputs: 1, metrics: metricsOf(null), warnings };
  }

  const count = classes?.length ?? 0;
  if (count < 2 || count > MAX_CLASSES) {
    const has =
      count === 0
        ? `no values or more than ${MAX_CATEGORIES}`
        : `${count} ${count === 1 ? "value" : "values"}`;
    const message = `column "${target.name}" has ${has}; a target for ${nameOfLoss(given)} has 2 to ${MAX_CLASSES}`;
    faults.push({ pointer: "/dataset/target", message });
    return { ...NONE, loss: resolveLoss(given) };
  }
  checkWeights(given, target, count, faults);
  const outputs = nameOfLoss(given) === "binary_cross_entropy" ? 1 : count;
  return { loss: resolveLoss(given), outputs, metrics: metricsOf(count), warnings: [] };
}

function lossByDefault(
  kind: Column["kind"],
  classes: readonly unknown[] | null,
  units: number | undefined,
  upload: UploadedModel | null,
): LossName {
  // An uploaded model for two classes often has one output, the probability of the second.
  const asks = kind === "category" || upload?.output.activation === "sigmoid";
  if (upload && units === 1 && classes?.length === 2 && asks) return "binary_cross_entropy";
  const unitPerClass = units !== undefined && units >= 2 && units === classes?.length;
  return kind === "category" || unitPerClass ? "cross_entropy" : "mse";
}

/** What is wrong where a loss is not for such a target, with the losses that are. */
function unfit(
  target: Column,
  classes: readonly unknown[] | null,
  name: LossName,
): Omit<Fault, "pointer"> | null {
  const accepted: LossName[] = [
    ...CLASS_LOSSES.filter((loss) =>
      loss === "binary_cross_entropy" ? classes?.length === 2 : classes !== null,
    ),
    ...(target.kind === "number" ? NUMBER_LOSSES : []),
  ];
  if (accepted.includes(name)) return null;
  const why =
    name === "binary_cross_entropy" && classes !== null
      ? `has ${classes.length} classes, not 2`
      : target.kind === "category"
        ? "holds categories"
        : "holds numbers that are no classes";
  const message = `${name} does not fit the target: column "${target.name}" ${why}`;
  return { message, allowed: accepted };
}

function checkWeights(
  loss: NonNullable<JobSpec["loss"]>,
  { name }: Column,
  classes: number,
  faults: Fault[],
): void {
  if (typeof loss === "string" || loss.type !== "cross_entropy") return;
  const { class_weights: weights } = loss;
  if (weights === undefined || weights.length === classes) return;
  const message = `${weights.length} weights for the ${classes} classes of column "${name}"; one per class, in the order of its values`;
  faults.push({ pointer: "/loss/class_weights", message });
}

function classesAsNumbers({ name }: Column, classes: readonly unknown[]): JobWarning {
  return {
    code: "classes_as_numbers",
    message: `column "${name}" has ${classes.length} whole values and is learned as a number (mse); if they are classes, say "loss": "cross_entropy"`,
  };
}
