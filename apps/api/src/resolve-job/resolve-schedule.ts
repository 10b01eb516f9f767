import type {
  Fault,
  JobWarning,
  Metric,
  ResolvedSchedule,
  ScheduleSpec,
  ScheduleUnit,
} from "@descent/contracts";

/** What a schedule has to know of the training. */
export interface TrainingLength {
  stepsPerEpoch: number;
  epochs: number;
}

const POINTER = "/optimizer/schedule";

export type Findings = { faults: Fault[]; warnings: JobWarning[] };

/** Drops that stand in epochs everywhere else (StepLR, ExponentialLR, …) do so here; descents go by steps. */
const PER_EPOCH: readonly ScheduleSpec["type"][] = ["step", "multi_step", "exponential"];
/** One tenth, as PyTorch's StepLR, MultiStepLR and ReduceLROnPlateau have it. */
const DROP = 0.1;
/** Goodfellow, Bengio, Courville: Deep Learning, 2016, section 8.3.1: "roughly 1 percent". */
const LINEAR_FLOOR = 0.01;
/** PyTorch's OneCycleLR: div_factor 25, final_div_factor 1e4, pct_start 0.3. */
const ONE_CYCLE = { from: 1 / 25, floor: 1 / 25e4, rise: 0.3 };
/** PyTorch's ReduceLROnPlateau. */
const PLATEAU = { patience: 10, threshold: 1e-4, cooldown: 0, floor: 0 };

/**
 * Fills in what a schedule leaves out; left out itself, the rate is constant.
 *
 * @param length of the training; null where it is not known, then only what needs no length is checked
 * @param metrics what the job records; null where it is not known
 * @returns null where a fault or the length's being unknown forbids a schedule
 */
export function resolveSchedule(
  spec: ScheduleSpec = { type: "constant" },
  length: TrainingLength | null,
  metrics: readonly Metric[] | null,
  { faults, warnings }: Findings,
): ResolvedSchedule | null {
  const before = faults.length;
  if (spec.type === "plateau") {
    const { metric = "val_loss", factor = DROP, ...rest } = spec;
    const plateau = { ...PLATEAU, ...rest, metric, factor };
    if (metrics && !metrics.includes(metric))
      faults.push({
        pointer: `${POINTER}/metric`,
        message: `this job records no ${metric}`,
        allowed: [...metrics],
      });
    // The first epoch sets the mark; patience + 1 worse ones follow; one more has the lower rate.
    if (length && length.epochs < plateau.patience + 3)
      warnings.push(
        neverActs(`patience ${plateau.patience} needs ${plateau.patience + 3} epochs or more`),
      );
    return faults.length > before ? null : plateau;
  }

  const per = spec.per ?? (PER_EPOCH.includes(spec.type) ? "epoch" : "step");
  const total = length && (per === "epoch" ? 1 : length.stepsPerEpoch) * length.epochs;
  const warmup = { steps: 0, from: 0, ...("warmup" in spec ? spec.warmup : {}) };
  if (total !== null && warmup.steps >= total)
    faults.push({
      pointer: `${POINTER}/warmup/steps`,
      message: `the warm-up of ${count(warmup.steps, per)} leaves nothing of the training, which has ${count(total, per)}`,
    });
  checkOwn(spec, faults);
  if (faults.length > before || total === null) return null;

  const left = total - warmup.steps;
  const resolved = fillIn(spec, left, { per, warmup });
  warnings.push(...lateEnds(resolved, left, per));
  return resolved;
}

function fillIn(
  spec: Exclude<ScheduleSpec, { type: "plateau" }>,
  left: number,
  counted: { per: ScheduleUnit; warmup: { steps: number; from: number } },
): ResolvedSchedule {
  switch (spec.type) {
    case "constant":
    case "exponential":
    case "inverse_time":
      return { ...spec, ...counted };
    case "step":
    case "multi_step":
      return { factor: DROP, ...spec, ...counted };
    case "polynomial":
      return { power: 1, floor: 0, over: left, ...spec, ...counted };
    case "linear":
      return { floor: LINEAR_FLOOR, over: left, ...spec, ...counted };
    case "cosine": {
      const restarts = spec.restarts ? { growth: 1, ...spec.restarts } : null;
      return { floor: 0, over: left, ...spec, restarts, ...counted };
    }
    case "one_cycle":
      return { ...ONE_CYCLE, over: left, ...spec, per: counted.per };
  }
}

/** What is wrong with a schedule whatever the training's length. */
function checkOwn(spec: ScheduleSpec, faults: Fault[]): void {
  if (spec.type === "cosine" && spec.restarts && spec.over === undefined)
    faults.push({
      pointer: `${POINTER}/over`,
      message: "is required with restarts: the length of the first cycle",
    });
  if (spec.type !== "multi_step") return;
  for (const [index, at] of spec.at.entries())
    if (index > 0 && at <= spec.at[index - 1]!)
      faults.push({
        pointer: `${POINTER}/at/${index}`,
        message: `${at} does not come after ${spec.at[index - 1]}; put them in ascending order`,
      });
}

/** Sizes that are allowed, but go past the end of the training: seldom meant. */
function lateEnds(schedule: ResolvedSchedule, left: number, per: ScheduleUnit): JobWarning[] {
  if ("over" in schedule && schedule.over > left)
    return [
      {
        code: "schedule_ends_late",
        message: `the schedule's descent takes ${count(schedule.over, per)}, but the training has ${count(left, per)} for it`,
      },
    ];
  const first =
    schedule.type === "step"
      ? schedule.every
      : schedule.type === "multi_step"
        ? schedule.at[0]!
        : 0;
  const last = schedule.type === "multi_step" ? schedule.at.at(-1)! : first;
  if (first >= left)
    return [
      neverActs(`its first drop is at ${first}, the training has ${count(left, per)} for it`),
    ];
  if (last >= left)
    return [
      {
        code: "schedule_ends_late",
        message: `the schedule's last drop is at ${last}, but the training has ${count(left, per)} for it`,
      },
    ];
  return [];
}

const neverActs = (why: string): JobWarning => ({
  code: "schedule_never_acts",
  message: `the schedule never lowers the rate: ${why}`,
});

const count = (number: number, unit: ScheduleUnit) => `${number} ${unit}${number === 1 ? "" : "s"}`;
