import { type Fault, GROUP_FIELD_PATTERN } from "@descent/contracts";
import type { FastifySchemaValidationError } from "fastify";
import { pointerStep } from "./pointer.ts";

/** What ajv reports with `verbose`: the value that failed and the schema around it. */
type AjvError = FastifySchemaValidationError & {
  data?: unknown;
  schema?: unknown;
  parentSchema?: Record<string, unknown>;
};
type Allowed = NonNullable<Fault["allowed"]>;

/** A report names at most this many faults, and a fault at most this many accepted values. */
const MAX_FAULTS = 100;
const MAX_ALLOWED = 100;

/** What GROUP_FIELD_PATTERN accepts, in words. */
const GROUP_FIELDS = [
  ...["optimizer.rule", "optimizer.convention", "optimizer.<hyper>", "optimizer.schedule.type"],
  ...["dataset.id", "dataset.target", "dataset.scaling", "dataset.validation_fraction"],
  ...[
    "dataset.split_seed",
    "loss",
    "penalty",
    "epochs",
    "batch_size",
    "seed",
    "parameters",
    "name",
    "tags.<key>",
  ],
];

/** Where faults of a part of the request other than the body point: `/query/limit`, `/headers/…`. */
const PREFIXES: Record<string, string> = {
  querystring: "/query",
  params: "/path",
  headers: "/headers",
  body: "",
};

/** Turns ajv's errors into faults: each with the pointer of the field itself and what it accepts. */
export function readFaults(errors: readonly AjvError[], context: string | undefined): Fault[] {
  const prefix = PREFIXES[context ?? "body"] ?? "";
  // Found by their place: a hostile body has a hundred thousand errors.
  const unions = byPlace(errors, "anyOf");
  const discriminators = byPlace(errors, "discriminator");
  // A value that fits no branch of an anyOf is one fault, not one per branch.
  const ofBranch = (error: AjvError) =>
    unions
      .get(error.instancePath)
      ?.some((union) => error !== union && error.schemaPath.startsWith(`${union.schemaPath}/`));
  // A missing discriminating field is said once, with the types there are.
  const toldByDiscriminator = ({ keyword, instancePath, params }: AjvError) =>
    keyword === "required" &&
    discriminators
      .get(instancePath)
      ?.some((discriminator) => discriminator.params.tag === params.missingProperty);
  // Beside what is wrong with the branch that an `if` chose, ajv says that the branch did not match.
  return errors
    .filter((error) => error.keyword !== "if" && !ofBranch(error) && !toldByDiscriminator(error))
    .slice(0, MAX_FAULTS)
    .map((error) => readFault(error, prefix));
}

function byPlace(errors: readonly AjvError[], keyword: string): Map<string, AjvError[]> {
  return Map.groupBy(
    errors.filter((error) => error.keyword === keyword),
    ({ instancePath }) => instancePath,
  );
}

function readFault(error: AjvError, prefix: string): Fault {
  const { keyword, params, data } = error;
  const here = prefix + error.instancePath;
  const fault = (message: string, allowed?: Allowed): Fault => ({
    pointer: here,
    message,
    ...(allowed && allowed.length > 0 ? { allowed: allowed.slice(0, MAX_ALLOWED) } : {}),
  });
  if (typeof data === "number" && !Number.isFinite(data)) return fault("must be a finite number");
  switch (keyword) {
    case "additionalProperties": {
      const name = String(params.additionalProperty);
      return {
        ...fault("is not a field here", Object.keys(error.parentSchema?.properties ?? {})),
        pointer: `${here}/${pointerStep(name)}`,
      };
    }
    case "required":
      return {
        ...fault("is required"),
        pointer: `${here}/${pointerStep(String(params.missingProperty))}`,
      };
    case "enum":
      return fault("is not one of the accepted values", params.allowedValues as Allowed);
    case "const":
      return fault("is not the accepted value", [params.allowedValue as string]);
    case "discriminator":
      return {
        ...fault("is not a known type", discriminated(error)),
        pointer: `${here}/${String(params.tag)}`,
      };
    case "type":
      // fastify validates a body that was not sent as null
      return fault(
        here === "" && (data ?? null) === null
          ? "a JSON body is required"
          : `must be ${[params.type as string | string[]].flat().map(article).join(" or ")}${ofHyper(error)}`,
      );
    case "anyOf": {
      const fields = requiredFields(error.schema);
      if (fields.length > 0) return fault(`must have ${fields.join(" or ")}`, fields);
      return fault(`must be ${branchTypes(error.schema).map(article).join(" or ")}`);
    }
    case "pattern":
      if (params.pattern === GROUP_FIELD_PATTERN)
        return fault("is not a field to group by", GROUP_FIELDS);
      return fault(
        typeof data === "string" && data.includes("\u0000")
          ? "must not contain the NUL character"
          : `must match ${String(params.pattern)}`,
      );
    case "uniqueItems":
      return fault(`must not name the same item twice (items ${params.j} and ${params.i})`);
    default:
      return fault(error.message ?? "is not accepted");
  }
}

/** Beside hypers, which any name could be, a misspelt field reads as one: say what fields there are. */
function ofHyper({ parentSchema }: AjvError): string {
  const { description } = parentSchema ?? {};
  const isHyper = typeof description === "string" && description.startsWith("a hyper of the rule");
  return isHyper ? ` (${description})` : "";
}

/** The values of the discriminating field over all branches of a oneOf. */
function discriminated({ params, parentSchema }: AjvError): Allowed {
  const branches = (parentSchema?.oneOf ?? []) as {
    properties: Record<string, { const?: string }>;
  }[];
  return branches.flatMap(({ properties }) => properties[String(params.tag)]?.const ?? []);
}

/** The fields of which every branch of an anyOf requires one. */
function requiredFields(branches: unknown): string[] {
  return (branches as { required?: string[] }[]).flatMap(({ required }) => required ?? []);
}

function branchTypes(branches: unknown): string[] {
  return (branches as { type?: string }[]).flatMap(({ type }) => type ?? []);
}

const article = (type: string) => (/^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`);
