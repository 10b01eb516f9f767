import type { GroupKey } from "@descent/contracts";
import type { Run as JobRun } from "@descent/db";

/** A job's value of a field to group by; null where the job has none (another rule's hyper, no such tag). */
export function readGroupField(run: JobRun, field: string): GroupKey[string] {
  const { resolved, tags, name, parameters } = run;
  const [scope, ...rest] = field.split(".");
  const inner = rest.join(".");
  switch (scope) {
    case "optimizer":
      return own(resolved.optimizer, inner);
    case "dataset":
      return own(resolved.dataset, inner);
    case "tags":
      return own(tags, inner);
    case "name":
      return name;
    case "parameters":
      return parameters;
    default:
      return own(resolved, field);
  }
}

function own(object: object, name: string): GroupKey[string] {
  if (!Object.hasOwn(object, name)) return null;
  const value = (object as Record<string, unknown>)[name];
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? value
    : null;
}
