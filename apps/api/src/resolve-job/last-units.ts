import { type JobSpec, statedLayers } from "@descent/contracts";

/** The units that the last layer states. */
export function lastUnits({ model }: JobSpec): number | undefined {
  const last = statedLayers(model).at(-1);
  return last?.type === "dense" ? last.units : undefined;
}
