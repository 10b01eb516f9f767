import type { GroupKey } from "@descent/contracts";
import type { Run as JobRun } from "@descent/db";

/** A job's value of a field to group by; null where the job has none (another rule's hyper, no such tag). */
export function readGroupField(run: JobRun, field: string): GroupKey[string] {
  const { resolved, tags, name, parameters } = run;
  const [scope, ...rest] = field.split(".");
  switch (scope) {
    case "optimizer":
      return inside(resolved.optimizer, rest);
    case "dataset":
      return inside(resolved.dataset, rest);
    case "model":
      return inside(resolved.model, rest);
    case "tags":
      return inside(tags, [rest.join(".")]); // a tag's name may have dots
    case "name":
      return name;
    case "parameters":
      return parameters;
    default:
      return inside(resolved, [field]);
  }
}

/** What stands at the end of a path of names, as schedule, warmup, steps; an object or a list as its JSON. */
function inside(object: object, path: readonly string[]): GroupKey[string] {
  let value: unknown = object;
  for (const name of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return null;
    value = (value as Record<string, unknown>)[name];
  }
  if (typeof value === "object" && value !== null) return JSON.stringify(value);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? value
    : null;
}
