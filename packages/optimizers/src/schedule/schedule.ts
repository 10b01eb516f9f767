import type { Metric } from "@descent/contracts";

/** A learning-rate schedule in use: every lr (each group's own) is multiplied by its factor. */
export interface Schedule {
  /** @param step the updates done before this one, so 0 for the first */
  factor(step: number): number;
  /**
   * Tells the metrics of the epoch just ended; only a plateau listens.
   *
   * @throws Error when it has no value of the metric that a plateau watches
   */
  endEpoch(metrics: Partial<Record<Metric, number>>): void;
}
